"""Batches as NDJSON: so many lines, each no larger than a single body, read with pauses for everybody else."""

import asyncio
import time

from shared.chassis.http.body_limit import RECORD
from shared.chassis.problems import Refused

SLICE_SECONDS = 0.005  # of work at a time


def lines_of(body: bytes, most: int, batch_code: str) -> list[bytes]:
    """The lines that are not empty; Refused 422 `batch_code` when there are more than `most`.

    As many empty lines are allowed: more would be work without any meaning.
    """
    if body.count(b"\n") <= 2 * most:
        lines = [line for line in body.split(b"\n") if line.strip()]
        if len(lines) <= most:
            return lines
    raise Refused(422, batch_code, f"A batch has at most {most} lines.", limit=most)


def check_line(line: bytes) -> None:
    """Refused 413 `line_too_large` for a line that is larger than a single body may be."""
    if len(line) > RECORD:
        raise Refused(413, "line_too_large", f"A line may have {RECORD} bytes at most.", limit=RECORD)


class WorkSlice:
    """The work that is done before the event loop is let go. For loops over what a caller sent."""

    def __init__(self) -> None:
        self._until = time.monotonic() + SLICE_SECONDS

    async def pause(self) -> None:
        """Lets everybody else go on when the slice is used up."""
        if time.monotonic() >= self._until:
            await asyncio.sleep(0)
            self._until = time.monotonic() + SLICE_SECONDS
