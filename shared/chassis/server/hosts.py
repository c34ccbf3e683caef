"""Under which names a service answers, and from whose pages it takes what changes something.

A name that somebody else owns can be made to lead to this machine (DNS rebinding): a browser then lets that somebody's
page read every answer. So the Host header is compared with the names that this service is known by. And a page of
another origin may send a form without asking first: what changes something is refused when a browser says that it
comes from elsewhere (the Origin header, RFC 6454 section 7).
"""

import re
from collections.abc import Iterable, Mapping

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
ANY = "*"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HOST_FORM = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?")
REMEMBERED = 256  # forms of the header, with their ports, that need no second look


def host_of(authority: str) -> str | None:
    """The host in lower case, without its port; None when this is no host. `[::1]` keeps its brackets."""
    matched = HOST_FORM.fullmatch(authority.lower())
    return matched.group(1) if matched else None


def host_of_url(url: str) -> str | None:
    """The host of an address such as `http://gateway:8000`; None where there is none."""
    return host_of(_authority_of(url).rpartition("@")[2])


def _authority_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def own_hosts(service: str, *addresses: Mapping[str, str]) -> set[str]:
    """Under which hosts the other services know this one, by the maps of services and their addresses."""
    return {host for urls in addresses if service in urls and (host := host_of_url(urls[service])) is not None}


class ServedHosts:
    """The hosts of one service: `names` (`*` is any), this machine's own, and the address a connection came in at,
    which no page under another name can have as its Host."""

    def __init__(self, names: Iterable[str], own: Iterable[str] = ()) -> None:
        self.names = {name.lower() for name in names}
        self._served = LOOPBACK | self.names | set(own)
        self._any = ANY in self.names
        self._remembered: set[bytes] = set()

    def serves(self, header: bytes | None, address: str) -> bool:
        """Whether a request with this Host header, which came in at this address of ours, is for this service."""
        if header in self._remembered:
            return True
        host = host_of(header.decode("latin-1")) if header else None
        if host is None:
            return False
        local = address.removeprefix("::ffff:")  # an IPv4 connection at an IPv6 socket
        if host in (local, f"[{local}]"):
            return True
        if not (self._any or host in self._served):
            return False
        if header is not None and len(self._remembered) < REMEMBERED:
            self._remembered.add(header)
        return True

    def takes_from(self, origin: bytes, header: bytes, site: bytes) -> bool:
        """Whether a page of this origin may change something here: one of this very address, or of a name that the
        operator gave. `site` is Sec-Fetch-Site: a browser that hides the origin may still say that it is the same."""
        if origin == b"null":
            return site in (b"same-origin", b"none")
        authority = _authority_of(origin.decode("latin-1").lower())
        return authority == header.decode("latin-1").lower() or host_of(authority) in self.names
