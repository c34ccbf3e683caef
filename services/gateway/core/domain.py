"""What every report from outside is held to: the accounting currency, its decimals, and when it may have happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from uuid import UUID

from shared.errors import forbidden, invalid

NewId = Callable[[], UUID]
"""Gives a new id at each call; domains are handed it, so that they stay pure."""

ZERO = Decimal(0)

FUTURE_TOLERANCE = timedelta(minutes=5)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # beyond it a change of zone may leave the calendar
GREATEST = Decimal(10) ** 13  # the sum of a report; a customer's whole life of them fits numeric(24, 4)

WITHOUT_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
WITH_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def decimals_of(currency: str) -> int:
    """How many decimals the ISO 4217 currency has."""
    return 0 if currency in WITHOUT_DECIMALS else 3 if currency in WITH_THREE_DECIMALS else 2


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """A deployment's rules for reports from outside: its currency, its zone, how far back a report may reach."""

    currency: str = "USD"
    backdating_days: int = 30
    most_lines: int = 500
    zone: tzinfo = UTC  # the business's: in whose calendar days are counted

    @property
    def decimals(self) -> int:
        """Decimals of the accounting currency."""
        return decimals_of(self.currency)

    def check_currency(self, currency: str) -> None:
        """One accounting currency a deployment; there is no conversion to guess with."""
        if currency != self.currency:
            raise invalid("currency_not_accepted", f"This deployment accounts in {self.currency}.", pointer="/currency")

    def check_amount(self, amount: Decimal, pointer: str) -> None:
        """Refuse an amount with more decimals than the currency has, or one too large to be summed."""
        exponent = amount.as_tuple().exponent
        if not isinstance(exponent, int) or -exponent > self.decimals:
            raise invalid("too_many_decimals", f"{self.currency} has {self.decimals} decimals.", pointer=pointer)
        if amount >= GREATEST:
            raise invalid("amount_too_large", "It is more than can be accounted for.", pointer=pointer)

    def check_conceivable(self, instant: datetime, pointer: str) -> None:
        """Refuse an instant that is wrong whatever the time is now."""
        if instant > LATEST:
            raise invalid("in_the_future", "It cannot have happened yet.", pointer=pointer)
        if instant < EARLIEST:
            raise invalid("too_long_ago", "Nothing before 1970 is recorded.", pointer=pointer)

    def check_instant(self, instant: datetime, at: datetime, pointer: str, *, may_backdate: bool) -> None:
        """Refuse what is later than `at` + 5 minutes, before 1970, or too far back for who may not write history."""
        if instant > at + FUTURE_TOLERANCE:
            raise invalid("in_the_future", "It cannot have happened yet.", pointer=pointer)
        if instant < EARLIEST:
            raise invalid("too_long_ago", "Nothing before 1970 is recorded.", pointer=pointer)
        if not may_backdate and instant < at - timedelta(days=self.backdating_days):
            raise self._history_needed(pointer)

    def check_day(self, day: date, at: datetime, pointer: str, *, may_backdate: bool) -> None:
        """Refuse a day as `check_instant` refuses an instant: by the calendar of the business, in its zone."""
        if day > (at + FUTURE_TOLERANCE).astimezone(self.zone).date():
            raise invalid("in_the_future", "It cannot have happened yet.", pointer=pointer)
        if day < EARLIEST.date():
            raise invalid("too_long_ago", "Nothing before 1970 is recorded.", pointer=pointer)
        if not may_backdate and day < (at - timedelta(days=self.backdating_days)).astimezone(self.zone).date():
            raise self._history_needed(pointer)

    def _history_needed(self, pointer: str) -> Exception:
        return forbidden(
            "history_scope_needed",
            f"What is older than {self.backdating_days} days needs the scope history.",
            pointer=pointer,
        )


def share(amount: Decimal, part: int, whole: int, decimals: int) -> Decimal:
    """`part` of `whole` of an amount, half-even. Taken cumulatively, so that all parts together are exact."""
    if part == whole:
        return amount
    return (amount * part / whole).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


def fingerprint_of(*parts: object) -> bytes:
    """SHA-256 of what was reported: sent again with the same content it is the same report, else another one."""
    text = "\n".join(plain(part) if isinstance(part, Decimal) else str(part) for part in parts)
    return sha256(text.encode()).digest()


def plain(amount: Decimal | None) -> str:
    """An amount without noughts at its end, so that 10, 10.0 and 10.00 are one; nothing for no amount."""
    return "" if amount is None else plain_text(str(amount))


def plain_text(text: str) -> str:
    """`plain` of an amount that is text already."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def uuid_in(text: object) -> UUID | None:
    """A UUID in its canonical form, or None."""
    if not isinstance(text, str) or len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
