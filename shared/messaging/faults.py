"""Named points at which the fault tests kill or stall a process. Off unless PATRON_FAULT names one.

`PATRON_FAULT=relay.after_send:3` kills the process the third time it comes by, with SIGKILL: no cleanup, no flush.
The point leaves a file behind first (PATRON_FAULT_MARK), so a fault that never fired is noticed and fails the run.
"""

import os
import signal
from pathlib import Path

POINTS = (
    "outbox.before_commit",
    "relay.before_send",
    "relay.after_send",
    "relay.after_mark",
    "consumer.before_apply",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.after_offsets",
    "timer.before_commit",
    "timer.after_commit",
    "sealer.before_commit",
    "erasure.before_commit",
    "erasure.before_receipt",
    "files.after_put",
    "files.before_complete",
    "imports.before_commit",
    "imports.after_commit",
    "exports.after_part",
)

_name, _, _count = os.environ.get("PATRON_FAULT", "").partition(":")
_left = int(_count or 1)


def point(name: str) -> None:
    """Pass a named point; die here when the environment says so."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left > 0:
        return
    marker_file = os.environ.get("PATRON_FAULT_MARK")
    if marker_file:
        Path(marker_file).write_text(name)
    os.kill(os.getpid(), signal.SIGKILL)
