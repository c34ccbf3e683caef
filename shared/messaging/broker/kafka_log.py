"""What aiokafka's loggers complain of, as one structured line a second: a broker that restarts is one trouble.

It writes a line for each attempt and partition, hundreds a second while a broker is away, some with a stack trace. What
follows from it is the backbone's to say: `relay_starts_again`, `consumer_starts_again`.
"""

import logging
import time

import structlog

log = structlog.get_logger(__name__)

CLIENT = "aiokafka"
LINE_SECONDS = 1.0
LONGEST = 120


class OneLineASecond(logging.Handler):
    """Counts what is written, and says how much it was, with the first of it as it stands in aiokafka's code: without
    what was put into it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._unwritten = 0
        self._line_at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        self._unwritten += 1
        now = time.monotonic()
        if now < self._line_at:
            return
        self._line_at = now + LINE_SECONDS
        lines, self._unwritten = self._unwritten, 0
        log.warning("broker_trouble", part=record.name, trouble=str(record.msg)[:LONGEST], lines=lines)


def condense_client_log() -> None:
    """From now on aiokafka's loggers write through `OneLineASecond`; called by whoever makes the first client."""
    logger = logging.getLogger(CLIENT)
    if not any(isinstance(handler, OneLineASecond) for handler in logger.handlers):
        logger.addHandler(OneLineASecond())
        logger.propagate = False
