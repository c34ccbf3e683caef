"""What a person may give without asking, by role, and what it may approve of others' (C5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from shared.authority import CountedPer, Gift, Limit, widest
from shared.errors import forbidden

UNLIMITED = "unlimited"
CUSTOMER_DAYS = 30  # where a document does not say


@dataclass(frozen=True, slots=True)
class Authority:
    """What a role may give alone: to a case and to a customer together; on a day together; and what it may approve.

    `approves` is compared with all that the case, and the customer, has been given by anybody, the new gift included.
    """

    alone: Limit = field(default_factory=Limit)
    day: Limit = field(default_factory=Limit)
    approves: Limit = field(default_factory=Limit)

    @property
    def limits(self) -> Mapping[CountedPer, Limit]:
        return {"case": self.alone, "customer": self.alone, "day": self.day}


@dataclass(frozen=True, slots=True)
class AuthorityRules:
    """Authorities by role, and over how many business days (today is one) what a customer was given is counted."""

    roles: Mapping[str, Authority]
    customer_days: int = CUSTOMER_DAYS

    def of(self, roles: Iterable[str]) -> Authority:
        """What somebody with these roles may: the widest of each limit. A role that is not named may give nothing."""
        held = [self.roles.get(role, Authority()) for role in roles]
        return Authority(widest(a.alone for a in held), widest(a.day for a in held), widest(a.approves for a in held))


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives: the subject, its roles, and the business day on which it counts."""

    subject: str
    roles: frozenset[str]
    day: date


def check_approves(total: Gift, authority: Authority) -> None:
    """403 `above_authority`, with the limits, when the sum is more than this authority may approve."""
    if not authority.approves.covers(total):
        raise above_authority(authority.approves)


def above_authority(limit: Limit) -> Exception:
    """The refusal of what needs somebody with more authority, with the limits that hold."""
    return forbidden(
        "above_authority",
        "This needs somebody with more authority.",
        most_points=limit.points,
        most_amount=None if limit.amount is None else format(limit.amount, "f"),
    )


def read_authority_rules(document: Mapping[str, Any]) -> AuthorityRules:
    """The rules behind a document. In a limit what is not given is nothing, `unlimited` is no limit.

    A role's `day` and `approves` are what it may give alone, where they are not given.
    """
    roles = {
        role: Authority(*(_read_limit(of_role.get(name) or of_role) for name in ("alone", "day", "approves")))
        for role, of_role in document["roles"].items()
    }
    return AuthorityRules(roles, document.get("customer_days") or CUSTOMER_DAYS)


def _read_limit(limit: Mapping[str, Any]) -> Limit:
    return Limit(
        None if (points := limit.get("points", 0)) == UNLIMITED else points,
        None if (amount := limit.get("amount", "0")) == UNLIMITED else Decimal(amount),
    )
