"""Groups (P2): the figures of all members together, as if they were one customer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import Contacts, CustomerSnapshot, Receivables

V = TypeVar("V", Decimal, datetime)


def rolled_up(members: Sequence[CustomerSnapshot]) -> CustomerSnapshot:
    """The snapshot of a group, from those of its members at one instant over one window. The first one is the parent,
    whose traits are the group's; sums are added, extremes are those of all."""
    figures = Figures()
    for member in members:
        figures.merge(member.figures)
    return replace(
        members[0],
        figures=figures,
        first_order_ever=_chosen(min, (member.first_order_ever for member in members)),
        last_order_ever=_chosen(max, (member.last_order_ever for member in members)),
        receivables=_receivables([member.receivables for member in members]),
        contacts=_contacts([member.contacts for member in members]),
        members=len(members),
    )


def _receivables(members: Sequence[Receivables]) -> Receivables:
    return Receivables(
        _chosen(max, (member.largest_receipt for member in members)),
        sum(member.receipts for member in members),
        sum((member.received for member in members), ZERO),
        sum((member.collected for member in members), ZERO),
        sum((member.collected_days for member in members), ZERO),
        _sum(member.outstanding for member in members),
        _sum(member.arrears for member in members),
        sum(member.receivables for member in members),
        sum(member.in_arrears for member in members),
    )


def _contacts(members: Sequence[Contacts]) -> Contacts:
    names = [field.name for field in fields(Contacts) if field.name != "last_contact_at"]
    sums: dict[str, int | None] = {}
    for name in names:
        known = [count for member in members if (count := getattr(member, name)) is not None]
        sums[name] = sum(known) if known else None
    return replace(Contacts(**sums), last_contact_at=_chosen(max, (member.last_contact_at for member in members)))  # type: ignore[arg-type]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known else None


def _chosen(choose: Callable[[Iterable[V]], V], values: Iterable[V | None]) -> V | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None
