"""A service's settings of files, and the process's one store by them."""

from functools import lru_cache
from typing import Protocol

from pydantic import Field

from shared.chassis import ServiceSettings
from shared.files.store import FileStore, open_store


class FileSettings(ServiceSettings):
    """`PATRON_…` variables of a service that keeps files, beside those that every service has."""

    files: str = "files"
    """Where bytes lie: a folder, or `s3://bucket/prefix`."""
    largest_upload_bytes: int = Field(default=2 * 1024**3, ge=1, le=2 * 1024**3)
    """How large an uploaded file may be."""
    keep_files_days: int = Field(default=7, ge=1, le=365)
    """How long uploads and exports can be read; then they are deleted."""
    files_sweep_seconds: float = Field(default=15, gt=0, le=3600)
    """How often expired files and bytes without a row are looked for."""


class HasFiles(Protocol):
    """What the store follows from: the settings of a service that keeps files."""

    @property
    def service(self) -> str: ...

    @property
    def files(self) -> str: ...


@lru_cache(maxsize=64)
def _opened(location: str, area: str) -> FileStore:
    return open_store(location, area)


def file_store(settings: HasFiles) -> FileStore:
    """The process's store at the place that its settings name."""
    return _opened(settings.files, settings.service)
