"""Parts of an answer (RFC 9110, section 14): `Range` and `If-Range`, one range of bytes at a time."""

import re
from dataclasses import dataclass

from shared.chassis.problems import Refused

FORM = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to before `end` of `size`; whole when nothing else was asked for."""

    start: int
    end: int
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether it is everything there is."""
        return self.start == 0 and self.end == self.size

    @property
    def content_range(self) -> str:
        """The value of `Content-Range`."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def asked_range(range_header: str | None, if_range: str | None, etag: str, size: int) -> ByteRange | None:
    """The range that is asked for. None: answer with all of it (200), because none is asked for, it is of another
    kind (several ranges, another unit, which a server may leave aside), or of another version (`If-Range`).

    416 `range_not_satisfiable` for one that begins behind the end.
    """
    matched = FORM.fullmatch(range_header.strip()) if range_header else None
    if matched is None or (if_range is not None and if_range.strip() != etag):
        return None
    first, last = matched.groups()
    if not first and not last:
        return None
    if not first:  # the last so many bytes
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None  # no range at all
    if start >= end:
        headers = {"Content-Range": f"bytes */{size}"}
        raise Refused(416, "range_not_satisfiable", f"There are {size} bytes.", headers=headers, size=size)
    return ByteRange(start, end, size)
