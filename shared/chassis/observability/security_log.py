"""Security events: who was refused, which keys and tokens ended, which limits were reached. A count, and a line.

A line says who it was (a client, a key's id, an address), the template of the route and the code: never a secret, a
query, a body, or an id of a path. A flood writes no flood: of the same kind by the same caller one line a second, and
one with the sum of the others when the second is over.
"""

import asyncio
import time
from collections import Counter as Counts
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)

SECURITY_EVENTS = {  # what is counted -> when
    "sign_in_failed": "A token or key was presented that is not good (401).",
    "not_signed_in": "A request without a token or key for what needs one (401).",
    "sign_ins_limited": "An address, or a credential, has to wait after too many failed sign-ins (429).",
    "forbidden": "A caller has none of the scopes that an operation needs, or asks for more than its own (403).",
    "hidden_from_partner": "A partner asked for what is not there, or is not its own: it cannot tell which (404).",
    "limit_reached": "A client asks more often than its limit allows (429).",
    "too_large": "A head or a body is larger than its limit (413, 431).",
    "malformed": "A request that no proper client sends: not JSON, unwritable text (400, 422).",
    "wrong_host": "A request for another host than this one (421).",
    "token_issued": "The development issuer gave out a token.",
    "signed_out": "A person ended a token.",
    "key_issued": "A partner got a key.",
    "key_revoked": "A partner's key was revoked.",
    "identity_provider_unavailable": "The identity provider did not answer with keys.",
}
MALFORMED = frozenset({"invalid_text", "invalid_header"})  # codes of 422 that no proper client gets
CLIENT_ERROR = "client_error"  # the line of all other refusals of an authenticated client
WINDOW_SECONDS = 1.0
MOST_LINES = 100  # first lines in a window, by all callers together
LONGEST_CALLER = 200


@dataclass(slots=True)
class Window:
    """A second in which a kind of event by one caller has its line: the line, and how many more there were."""

    ends_at: float
    line: dict[str, Any]
    more: int = 0


class SecurityLog:
    """Counts security events and writes a bounded number of lines about them. One a service."""

    def __init__(self, counter: Counter, clock: Callable[[], float] = time.monotonic) -> None:
        self.counter = counter
        self.clock = clock
        self._windows: OrderedDict[tuple[str, ...], Window] = OrderedDict()  # by when they end
        self._without_line: Counts[str] = Counts()
        self._closing: asyncio.TimerHandle | None = None

    def count(self, event: str) -> None:
        """Count an event that is logged elsewhere, or needs no line."""
        self.counter.labels(event).inc()

    def record(self, event: str, **members: Any) -> None:
        """Count a security event and write its line. `members` say who, where and why; never a secret."""
        self.count(event)
        self._write(event, members)

    def refused(self, status: int, code: str | None, *, presented: bool, partner: bool, **members: Any) -> None:
        """A request was refused with 4xx. `presented`: it brought a credential; `partner`: a partner sent it.

        What tells nothing about security is one line, and only of a client that is known.
        """
        event = event_of(status, code, presented=presented, partner=partner)
        line = {"status": status, "code": code} | members
        if event is not None:
            self.record(event, **line)
        elif members.get("client") is not None:
            self._write(CLIENT_ERROR, line)

    def _write(self, kind: str, members: dict[str, Any]) -> None:
        line = {name: _short(value) for name, value in members.items() if value is not None}
        self.close_windows()
        caller = line.get("client") or line.get("address") or ""
        key = (kind, *(str(part) for part in (caller, line.get("code"), line.get("method"), line.get("route"))))
        window = self._windows.get(key)
        if window is not None:
            window.more += 1
        elif len(self._windows) >= MOST_LINES:
            self._without_line[kind] += 1
        else:
            self._windows[key] = Window(self.clock() + WINDOW_SECONDS, line)
            _say(kind, line)
            return
        self._close_later()

    def close_windows(self) -> None:
        """Write the sums of all seconds that are over."""
        now = self.clock()
        while self._windows:
            key, window = next(iter(self._windows.items()))
            if window.ends_at > now:
                return
            del self._windows[key]
            if window.more:
                _say(key[0], window.line | {"more": window.more})
        if self._without_line:
            log.warning("security_events_without_line", **self._without_line)
            self._without_line.clear()

    def _close_later(self) -> None:
        """The last sums of a flood are written when it is over."""
        if self._closing is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            self._closing = loop.call_later(WINDOW_SECONDS * 1.1, self._close_now)

    def _close_now(self) -> None:
        self._closing = None
        self.close_windows()
        if self._windows or self._without_line:
            self._close_later()


def event_of(status: int, code: str | None, *, presented: bool, partner: bool) -> str | None:
    """Which security event a refusal is; None for the everyday ones."""
    if status == 401:
        return "sign_in_failed" if presented else "not_signed_in"
    if status == 429:
        return "sign_ins_limited" if code == "too_many_failed_sign_ins" else "limit_reached"
    if status == 404:
        return "hidden_from_partner" if partner and code != "not_found" else None
    if status == 400 or code in MALFORMED:
        return "malformed"
    return {403: "forbidden", 413: "too_large", 431: "too_large", 421: "wrong_host"}.get(status)


def _say(kind: str, line: dict[str, Any]) -> None:
    if kind == CLIENT_ERROR:
        log.info(CLIENT_ERROR, **line)
    else:
        log.warning("security_event", kind=kind, **line)


def _short(value: Any) -> Any:
    return value[:LONGEST_CALLER] if isinstance(value, str) else value
