"""The connection itself, guarded: how large and how slow a request may be, and how many connections a client may hold.

uvicorn gives its parser all that comes, and waits for ever. Here a head has a size, a number of fields and a time, a
body makes progress, an answer is read, and what two servers could read differently is refused (`request_head.py`) or
dropped (trailers). A request that came whole costs no timer and no copy.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import httptools
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from shared.chassis.connections.request_head import check_head, malformed, size_of
from shared.chassis.problems import Refused, problem, problem_of

PIECE = 16 * 1024  # what the parser is given at once: no more of a head is ever kept than two of these
LINGER_SECONDS = 1.0  # how long a refused client may go on sending, so that it can read why
LINGER_BYTES = 4 * 1024 * 1024
FRAMING = 2  # bytes around chunks (their sizes, extensions, trailers) for each byte in them, beside a first PIECE


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a connection may do. `refused` is told the code and the client's address of each refusal made here."""

    head_bytes: int = 16 * 1024  # request line and headers
    headers: int = 100
    head_seconds: float = 10.0  # from a connection's beginning, or a head's first byte, to the head's end
    body_seconds: float = 12.0  # without a byte of the body; and the start that a slow one has before its rate counts
    body_rate: int = 1024  # bytes a second, on the whole
    answer_seconds: float = 30.0  # without a byte of the answer being read
    pipelined: int = 16  # requests that wait for the answer of another one
    connections: int = 512  # at once, of one address
    is_exempt: Callable[[str], bool] | None = None  # an address that speaks for many clients: a trusted proxy
    refused: Callable[[str, str], None] | None = None


class GuardedProtocol(HttpToolsProtocol):
    """For uvicorn's `http=`. Its limits are the class's; `guarded_protocol` makes a class with others."""

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()
    open_connections: ClassVar[Counter[str]] = Counter()  # by address

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.ws_protocol_class = None
        self._address = ""
        self._timer: Any = None  # of what is awaited from the client: the rest of a head, or of a body
        self._answer_timer: Any = None
        self._refused = False
        self._discarded = 0
        self._in_head = self._in_body = False
        self._head_spans = False  # more than one piece: else it is no larger than that
        self._heads = 0  # begun while the parser reads one piece
        self._head_read = 0  # bytes of a head that is not whole yet
        self._body_read = self._body_size = 0
        self._body_began = self._body_moved = 0.0
        self._body_seen = 0

    # --- the connection ---

    def connection_made(self, transport: Any) -> None:
        """Counts the connection, and waits `head_seconds` for the first head."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        is_exempt = self.limits.is_exempt
        if address and (is_exempt is None or not is_exempt(address)):
            self._address = address
            self.open_connections[address] += 1
            if self.open_connections[address] > self.limits.connections:
                self._refuse(Refused(429, "too_many_connections", "Use fewer connections, and keep them."))
                transport.close()
                return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives the connection back."""
        if self._address:
            self.open_connections[self._address] -= 1
            if self.open_connections[self._address] <= 0:
                del self.open_connections[self._address]
            self._address = ""
        self._refused = True
        self._stop_timer()
        self._stop_answer_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Gives the parser what came, in pieces, as long as nothing is refused."""
        if self._refused:
            self._discard(len(data))
            return
        self._unset_keepalive_if_required()
        if len(data) <= PIECE:
            self._read(data)
        else:
            whole = memoryview(data)
            for start in range(0, len(data), PIECE):
                if not self._refused:
                    self._read(whole[start : start + PIECE])
        if not self._refused:
            self._watch()

    def _read(self, piece: bytes | memoryview) -> None:
        was_in_body, was_in_head, self._heads = self._in_body, self._in_head, 0
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:  # an offer that was left aside: go on behind it
            self._read(memoryview(piece)[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refused) else malformed("This is not HTTP/1.1."))
            return
        if self._in_head:
            self._head_spans = True
            if was_in_head and not self._heads:
                self._head_read += len(piece)
            else:  # it began in this piece; where, is only known when the piece began with it
                self._head_read = len(piece) if self._heads == 1 and not (was_in_body or was_in_head) else 0
            if self._head_read > self.limits.head_bytes:
                self._refuse(self._head_too_large())
        elif self._in_body and was_in_body:
            self._body_read += len(piece)
            if self._body_read - self._body_size > PIECE + FRAMING * self._body_size:
                self._refuse(malformed("The body's chunks are too small, or carry too much beside it."))

    # --- what the parser tells ---

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._heads += 1
        self._head_read, self._head_spans = 0, False

    def on_headers_complete(self) -> None:
        parser, limits = self.parser, self.limits
        if len(self.headers) > limits.headers:
            raise Refused(431, "too_many_headers", f"A request has at most {limits.headers} headers.")
        version, method = parser.get_http_version(), parser.get_method()
        check_head(version, method, self.url, self.headers, upgrades=parser.should_upgrade())
        if self._head_spans and size_of(self.url, self.headers) > limits.head_bytes:
            raise self._head_too_large()
        if len(self.pipeline) >= limits.pipelined:
            raise Refused(429, "too_many_requests", "Too many requests wait for their answers.")
        super().on_headers_complete()
        self.headers = []  # for trailers, which uvicorn would add to the headers that were checked
        self._in_head, self._in_body = False, True
        self._body_read = self._body_size = self._body_seen = 0
        self._body_began = 0.0
        if self._timer is not None:
            self._stop_timer()

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self.cycle.response_complete:
            self._discard(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        super()._start_asgi_task(cycle, cast(Any, _too_busy) if app is service_unavailable else app)

    @property
    def _answered(self) -> bool:
        """Whether nothing that came whole, or began to come, is without its answer."""
        newest = cast(RequestResponseCycle | None, self.cycle)
        return newest is None or newest.response_complete

    # --- time ---

    def _watch(self) -> None:
        """What is not whole yet is waited for. Called when all that came is read."""
        if self._in_body:
            if self.cycle.transport is self.transport:
                self.cycle.transport = cast(Any, _Lingering(self))
            now = self.loop.time()
            if self._body_size > self._body_seen or not self._body_began:
                self._body_moved = now
            self._body_began = self._body_began or now
            self._body_seen = self._body_size
            if self._timer is None:
                self._timer = self.loop.call_later(self.limits.body_seconds, self._check_body)
        elif self._in_head or self._answered:
            self._await_head()
        else:
            self._stop_timer()

    def _await_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.limits.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        self._timer = None
        if self._in_head:
            self._refuse(Refused(408, "request_too_slow", "The request's head did not come in time."))
        else:
            self.transport.close()  # nobody asked anything

    def _check_body(self) -> None:
        """A body that the service itself does not read yet is not late."""
        self._timer = None
        now, limits = self.loop.time(), self.limits
        if self.flow.read_paused:
            self._body_moved = self._body_began = now
            self._body_seen = self._body_size
        lasted = now - self._body_began
        is_still = now - self._body_moved >= limits.body_seconds
        if is_still or (lasted - limits.body_seconds) * limits.body_rate > self._body_size:
            self._refuse(Refused(408, "request_too_slow", "The request's body did not come in time."))
            return
        left = self._body_moved + limits.body_seconds - now
        self._timer = self.loop.call_later(max(0.1, min(left, 1.0)), self._check_body)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def pause_writing(self) -> None:
        """An answer is not read: from now on it has to get shorter."""
        super().pause_writing()
        self._stop_answer_timer()
        unread = self.transport.get_write_buffer_size()
        self._answer_timer = self.loop.call_later(self.limits.answer_seconds, self._check_answer, unread)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_answer_timer()

    def _check_answer(self, unread: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= unread:
            self.transport.abort()
        else:
            self._answer_timer = self.loop.call_later(self.limits.answer_seconds, self._check_answer, left)

    def _stop_answer_timer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

    # --- refusals ---

    def _head_too_large(self) -> Refused:
        limit = self.limits.head_bytes
        return Refused(431, "head_too_large", f"Request line and headers have {limit} bytes at most.", limit=limit)

    def _refuse(self, refusal: Refused) -> None:
        """Nothing more is read. The refusal is written when it is this connection's next answer; behind requests that
        are still being answered, the connection ends after the last of them."""
        self._refused = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        if self.limits.refused is not None:
            self.limits.refused(refusal.code, self.client[0] if self.client else "")
        if not self._answered:
            cycle = self.cycle
            if not self._in_body:
                cycle.keep_alive = False
                return
            cycle.disconnected = True  # its body will never be whole: the service need not wait for it
            cycle.message_event.set()
        if self._in_body and (self.cycle.response_started or self.pipeline):
            self.transport.close()
            return
        self.transport.write(_written(refusal))
        self._linger()

    def end(self) -> None:
        """The answer is written, and the connection is to end, whether the whole request came or not."""
        if self._in_body and not self.transport.is_closing():
            self._refused = True
            self._stop_timer()
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Closed at once with bytes unread, the client's system would throw the answer away."""
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > LINGER_BYTES:
            self.transport.close()


class _Lingering:
    """A connection's transport, for the answer to a request that has not come whole yet: closed, it lingers."""

    def __init__(self, protocol: GuardedProtocol) -> None:
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.end


def guarded_protocol(limits: ConnectionLimits) -> type[GuardedProtocol]:
    """The protocol with these limits, and a count of connections of its own."""
    members: dict[str, Any] = {"limits": limits, "open_connections": Counter()}
    return type("ConfiguredProtocol", (GuardedProtocol,), members)


def _written(refusal: Refused) -> bytes:
    answer = problem_of(refusal)
    headers = [*answer.raw_headers, (b"cache-control", b"no-store"), (b"connection", b"close")]
    lines = [b"%b: %b\r\n" % header for header in headers]
    return b"".join([STATUS_LINE[answer.status_code], *lines, b"\r\n", bytes(answer.body)])


async def _too_busy(scope: Scope, receive: Receive, send: Send) -> None:
    """In place of uvicorn's text, when `limit_concurrency` is reached."""
    headers = {"Retry-After": "1", "Connection": "close"}
    await problem(503, "try_again", "Too many requests at once.", headers=headers)(scope, receive, send)
