"""Logs: JSON lines with the request's id and trace. Never bodies, tokens, queries or the messages of errors."""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import orjson
import structlog

from shared.chassis.observability.safe_errors import describe
from shared.chassis.observability.tracing import current_traceparent

REQUEST_ID = "x-request-id"
REQUEST_ID_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """The id of the request that is worked on here, if any."""
    return request_id.get()


Line = MutableMapping[str, Any]


def write_where(_: Any, __: str, line: Line) -> Line:
    """Adds the request's id and the trace, where there are any."""
    if (identifier := request_id.get()) is not None:
        line["request_id"] = identifier
    if (trace := current_traceparent()) is not None:
        line["trace_id"] = trace[3:35]
    return line


def _describe_error(_: Any, __: str, line: Line) -> Line:
    """In place of a traceback with messages: the error's type and where it happened."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        line.update(describe(error))
    return line


class Named:
    """Adds the service's name to each line."""

    def __init__(self, service: str) -> None:
        self.service = service

    def __call__(self, _: Any, __: str, line: Line) -> Line:
        line["service"] = self.service
        return line


def _as_json(_: Any, __: str, line: Line) -> str:
    return orjson.dumps(line, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def write_logs(service: str, level: str) -> None:
    """Configure structlog, and the standard library's loggers of uvicorn and others, to the same JSON lines."""
    number = logging.getLevelNamesMapping()[level]
    shared: list[Any] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.add_log_level,
        Named(service),
        write_where,
        _describe_error,
    ]
    structlog.configure(
        processors=[*shared, _as_json],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_json],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.INFO))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = (
            name != "uvicorn.access"
        )  # the request-context middleware writes our own access line
    # httpx would write down whole addresses, and so what people search for (P13).
    for name in ("aiokafka", "alembic", "httpx"):
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
