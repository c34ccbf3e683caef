"""What a request's head must be like before anything reads it: one host, one length, one version, no upgrade.

Where two servers in a row could read a head differently, the second one can be made to see a request that the first
one never let through (RFC 9112, 11.2). So what is not plain is refused, not interpreted.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from shared.chassis.problems import Refused

VERSIONS = frozenset({"1.0", "1.1"})
HOST_FORM = re.compile(rb"(?:[A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

JUDGED = frozenset({b"host", b"content-length", b"transfer-encoding", b"cookie"})
MOST_BACKSLASHES = 100  # in cookies: Python's reading of quoted ones takes time by the square of their number

Headers = Iterable[tuple[bytes, bytes]]


def check_head(version: str, method: bytes, target: bytes, headers: Headers, *, upgrades: bool) -> None:
    """Refused 400 `malformed_request`, 400 `upgrade_refused` or 505 `http_version_not_supported`.

    `headers` have their names in small letters; `upgrades` is whether the parser would leave HTTP/1.1 after this head.
    """
    if version not in VERSIONS:
        raise Refused(505, "http_version_not_supported", "Send HTTP/1.1.")
    hosts: list[bytes] = []
    lengths: list[bytes] = []
    codings: list[bytes] = []
    for name, value in headers:
        if name not in JUDGED:
            continue
        if name == b"host":
            hosts.append(value)
        elif name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            codings.append(value)
        elif value.count(b"\\") > MOST_BACKSLASHES:
            raise malformed("No cookie of ours is quoted like that.")
    if len(hosts) != 1 and (hosts or version == "1.1"):
        raise malformed("Send exactly one Host.")
    if hosts and HOST_FORM.fullmatch(hosts[0]) is None:
        raise malformed("Host is a name or an address, with a port or without.")
    has_body = _has_body(version, lengths, codings)
    if upgrades:
        _check_upgrade(method, headers, has_body=has_body)
    if not target.startswith(b"/"):
        _check_target(target, hosts)


def size_of(target: bytes, headers: Headers) -> int:
    """About how many bytes a head has."""
    return len(target) + sum(len(name) + len(value) + len(": \r\n") for name, value in headers)


def _has_body(version: str, lengths: list[bytes], codings: list[bytes]) -> bool:
    """Whether a body follows, of a length that is said once."""
    if not lengths and not codings:
        return False
    if len(lengths) + len(codings) > 1 or (codings and version == "1.0"):
        raise malformed("The body's length is said once: by Content-Length, or by chunks of HTTP/1.1.")
    if lengths and not lengths[0].isdigit():
        raise malformed("Content-Length is a number.")
    if codings and codings[0].lower() != b"chunked":
        raise malformed("The only Transfer-Encoding is chunked.")
    return True


def _check_target(target: bytes, hosts: list[bytes]) -> None:
    """A whole URL in place of a path is allowed (RFC 9112, 3.2.2), when it names the host that Host names."""
    try:
        named = urlsplit(target).netloc
    except ValueError:
        raise malformed("The target is a path.") from None
    if not named or named.lower() != b"".join(hosts).lower():
        raise malformed("The target is a path.")


def _check_upgrade(method: bytes, headers: Headers, *, has_body: bool) -> None:
    """No WebSocket, no tunnel. Another offer (`h2c`) may be left aside, but not with a body: the parser would read the
    body as the next request."""
    protocols = b",".join(value.lower() for name, value in headers if name == b"upgrade")
    if method == b"CONNECT" or has_body or b"websocket" in protocols:
        raise Refused(400, "upgrade_refused", "Only HTTP/1.1 is spoken here.")


def malformed(detail: str) -> Refused:
    """The refusal of what is no request, or could be read as two: 400."""
    return Refused(400, "malformed_request", detail)
