"""A stored file and its parts as values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

OPEN, READY = "open", "ready"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's row. `received` of `size` bytes are there; `size` is None while a job is still writing."""

    id: UUID
    area: str  # what it is for: uploads, exports
    owner: str  # the client whose it is, as `Actor.client`
    customer_id: UUID | None  # whom it is about, where it is about one
    name: str | None  # as its sender called it: personal data
    declared_type: str | None  # what its sender says it is
    media_type: str | None  # what its content is
    size: int | None
    received: int
    sha256: bytes | None  # over all bytes, once all are there
    state: str  # open, ready
    created_at: datetime
    completed_at: datetime | None
    expires_at: datetime

    @property
    def is_ready(self) -> bool:
        """Whether all bytes are there and the digest is over all of them."""
        return self.state == READY

    @property
    def etag(self) -> str:
        """The strong entity tag of a ready file: its digest."""
        return f'"{self.sha256.hex()}"' if self.sha256 is not None else '""'


@dataclass(frozen=True, slots=True)
class PartRow:
    """A piece of a file: `size` bytes from `starts_at` on, under a key of the store."""

    key: str
    starts_at: int
    size: int
