"""`Idempotency-Key`: the same request twice has one effect and gets one answer, also when both come at once (K7).

The row is inserted first, in the transaction of the effect. A second request with the key waits at that row until the
first has committed and then gets its stored reply; when the first rolled back, it goes ahead itself.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from fastapi import Request, Response

from shared.chassis.problems import Refused
from shared.errors import invalid
from shared.messaging import Transaction

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEY_FORM = re.compile(r"[\x21-\x7e]{1,200}")
REPLAYED = "Idempotency-Replayed"
KEPT_HEADERS = frozenset({"content-type", "location", "etag", "link"})
KEEP = timedelta(hours=48)


class Replayed(Exception):
    """Not an error: the answer is already known, the handler need not run."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


@dataclass(frozen=True, slots=True)
class Claim:
    """This request is the first with its key; its reply will be stored under the digest."""

    digest: bytes


def key_of(request: Request) -> str | None:
    """The key of an unsafe request, None when it has none."""
    if request.method not in UNSAFE:
        return None
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not KEY_FORM.fullmatch(keys[0]):
        raise invalid_key()
    return keys[0]


def invalid_key() -> Refused:
    """The refusal of a key that has not the form of one."""
    return Refused(422, "invalid_idempotency_key", "Idempotency-Key is 1 to 200 visible ASCII characters.")


async def claim(tx: Transaction, request: Request, key: str, client: str) -> Claim:
    """Be the first with this key, or raise Replayed with the first one's reply."""
    path = request.scope["path"]
    digest = hashlib.sha256("\0".join((client, request.method, path, key)).encode()).digest()
    sent = hashlib.sha256(request.scope["query_string"] + b"\0" + await request.body()).digest()
    first = await tx.raw.fetchval(
        """insert into idempotency (digest, sent, path, created_at) values ($1, $2, $3, $4)
           on conflict (digest) do nothing returning true""",
        digest, sent, path[:1000], tx.at,
    )  # fmt: skip
    if first:
        return Claim(digest)
    row = await tx.raw.fetchrow("select sent, status, headers, body from idempotency where digest = $1", digest)
    if row is None:  # it was forgotten between the two statements
        raise Refused(503, "try_again", "For a moment this can not be done.", headers={"Retry-After": "1"})
    if row["sent"] != sent:
        raise invalid("idempotency_key_reused", "This Idempotency-Key came with another request before.")
    response = Response(row["body"], row["status"], orjson.loads(row["headers"]))
    response.headers[REPLAYED] = "true"
    raise Replayed(response)


async def remember(tx: Transaction, claimed: Claim, response: Response) -> None:
    """Store the reply beside the effect."""
    headers = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
    await tx.raw.execute(
        "update idempotency set status = $2, headers = $3, body = $4 where digest = $1",
        claimed.digest, response.status_code, orjson.dumps(headers).decode(), bytes(response.body),
    )  # fmt: skip


async def forget(tx: Transaction, text: str) -> int:
    """Erase stored replies that mention a text (a customer's id): part of erasing a person (P13)."""
    status = await tx.raw.execute(
        "delete from idempotency where position($1 in path) > 0 or position($2::bytea in body) > 0", text, text.encode()
    )
    return int(status.rpartition(" ")[2])


async def forget_old(tx: Transaction, now: datetime) -> None:
    """Replies are kept for two days: longer than any caller tries again, no longer than needed."""
    await tx.raw.execute("delete from idempotency where created_at < $1", now - KEEP)
