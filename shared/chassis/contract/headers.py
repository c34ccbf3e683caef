"""Headers of answers and of requests, as the contract declares them: each once, referred to by its name."""

from collections.abc import Sequence
from typing import Any

INTEGER = {"type": "integer", "format": "int64", "minimum": 0}
TEXT = {"type": "string"}

HEADERS: dict[str, dict[str, Any]] = {
    "Allow": {"description": "On 405: the methods that this path has.", "schema": TEXT},
    "ETag": {
        "description": "The version that was read. Send it as `If-Match` with a change that is meant for this version.",
        "schema": TEXT,
    },
    "Idempotency-Replayed": {
        "description": "`true` where this is the kept answer to an earlier request with the same `Idempotency-Key`.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Location": {"description": "Where what was made can be read.", "schema": TEXT | {"format": "uri-reference"}},
    "Accept-Ranges": {"description": "`bytes`: ask for a part with `Range`.", "schema": TEXT},
    "Content-Disposition": {"description": "The name to keep the file under.", "schema": TEXT},
    "Content-Range": {"description": "On 206: which bytes these are, of how many.", "schema": TEXT},
    "Tus-Resumable": {"description": "The version of the upload protocol: 1.0.0.", "schema": TEXT},
    "Upload-Length": {"description": "How many bytes the upload has.", "schema": INTEGER},
    "Upload-Offset": {"description": "How many bytes of the upload are there.", "schema": INTEGER},
    "RateLimit-Limit": {
        "description": "How many requests in a row a caller may send at most.",
        "schema": INTEGER,
    },
    "RateLimit-Remaining": {"description": "How many requests the caller has left now.", "schema": INTEGER},
    "RateLimit-Reset": {
        "description": "Seconds until the caller has all of its requests again.",
        "schema": INTEGER,
    },
    "Retry-After": {"description": "Seconds to wait before the request is sent again.", "schema": INTEGER},
    "WWW-Authenticate": {"description": "On 401: how to sign in.", "schema": TEXT},
    "X-Request-Id": {
        "description": "The id of this request in the logs: the one that was sent, or a new one.",
        "schema": TEXT,
    },
}
RATE_LIMIT = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
OF_PROBLEMS = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)}

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request has one effect and gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
}


def sends(*names: str) -> dict[str, Any]:
    """In `responses={201: sends("Location")}` of a route: this answer carries these headers."""
    return {"headers": references(names)}


def references(names: Sequence[str]) -> dict[str, Any]:
    """Header objects of an answer that refer to the declared ones. KeyError for a header that is none of them."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names if HEADERS[name]}
