"""Failed sign-ins: who fails often waits longer and longer. Pure: `now` is seconds of a clock that only goes forward.

Failures are counted by where they come from and by what was presented, never by whose key was guessed at: so guessing
locks out the guesser, and the owner of a key comes in from anywhere else.
"""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

FORGIVEN_AFTER = 6.0  # seconds; one failure is forgotten after so long, ten in a minute
LONGEST_WAIT = 30.0  # seconds
MOST_COUNTED = 10_000  # sources; the one that failed longest ago is forgotten
MOST_REMEMBERED = 10_000  # credentials


@dataclass(slots=True)
class Failures:
    """The failures of one source: how many are not forgiven at the instant `at`, and until when it has to wait."""

    count: float
    at: float
    waits_until: float


class FailedSignIns:
    """Failures by source (an address, or a credential). `allowed` of them cost nothing; each more doubles the wait."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self._failures: OrderedDict[str | bytes, Failures] = OrderedDict()

    def wait(self, source: str | bytes, now: float) -> float:
        """Seconds that a source has to wait before it may try again; 0 when it may now."""
        failures = self._failures.get(source)
        return 0.0 if failures is None else max(0.0, failures.waits_until - now)

    def record(self, source: str | bytes, now: float) -> None:
        """Count one failure more of a source."""
        failures = self._failures.get(source)
        if failures is None:
            failures = self._failures[source] = Failures(0.0, now, 0.0)
            if len(self._failures) > MOST_COUNTED:
                self._failures.popitem(last=False)
        self._failures.move_to_end(source)
        failures.count = max(0.0, failures.count - (now - failures.at) / FORGIVEN_AFTER) + 1.0
        failures.at = now
        above = failures.count - self.allowed
        if above > 0:
            failures.waits_until = now + min(LONGEST_WAIT, 2.0 ** min(above, 10.0))


@dataclass(frozen=True, slots=True)
class InvalidCredential:
    """Why a credential was refused, until when that is believed without looking again, and whether it counts."""

    code: str
    detail: str
    until: float
    counts: bool = True


class InvalidCredentials:
    """Credentials that were refused, by their digests: presented again they cost no look at the database or a key."""

    def __init__(self) -> None:
        self._invalid: OrderedDict[bytes, InvalidCredential] = OrderedDict()

    def find(self, digest: bytes, now: float) -> InvalidCredential | None:
        """Why the credential is not valid, if that is known; None when it has to be verified."""
        invalid = self._invalid.get(digest)
        return invalid if invalid is not None and invalid.until > now else None

    def remember(self, digest: bytes, invalid: InvalidCredential) -> None:
        """Keep that the credential is not valid; the one that was refused longest ago is forgotten for it."""
        self._invalid[digest] = invalid
        self._invalid.move_to_end(digest)
        if len(self._invalid) > MOST_REMEMBERED:
            self._invalid.popitem(last=False)


def network_of(address: str) -> str:
    """What an address is counted as: itself, and for IPv6 its network of 64 bits, which one household or host has."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))
