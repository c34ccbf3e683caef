"""Figures of a group (P2): those of its members taken together, as if they were one customer."""

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
    """The first one is the parent, whose traits are the group's; all were asked for the same instant and window."""
    figures = Figures()
    for one in members:
        figures.merge(one.figures)
    return replace(
        members[0],
        figures=figures,
        first_order_ever=_chosen(min, (one.first_order_ever for one in members)),
        last_order_ever=_chosen(max, (one.last_order_ever for one in members)),
        receivables=_receivables([one.receivables for one in members]),
        contacts=_contacts([one.contacts for one in members]),
    )


def _receivables(all_of_them: Sequence[Receivables]) -> Receivables:
    return Receivables(
        _chosen(max, (one.largest_receipt for one in all_of_them)),
        sum(one.receipts for one in all_of_them),
        sum((one.received for one in all_of_them), ZERO),
        sum((one.collected for one in all_of_them), ZERO),
        sum((one.collected_days for one in all_of_them), ZERO),
        _sum(one.outstanding for one in all_of_them),
        _sum(one.arrears for one in all_of_them),
        sum(one.receivables for one in all_of_them),
        sum(one.in_arrears for one in all_of_them),
    )


def _contacts(all_of_them: Sequence[Contacts]) -> Contacts:
    counts = [field.name for field in fields(Contacts) if field.name != "last_contact_at"]
    sums: dict[str, int | None] = {}
    for name in counts:
        told = [count for one in all_of_them if (count := getattr(one, name)) is not None]
        sums[name] = sum(told) if told else None
    return replace(Contacts(**sums), last_contact_at=_chosen(max, (one.last_contact_at for one in all_of_them)))  # type: ignore[arg-type]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known else None


def _chosen(choose: Callable[[Iterable[V]], V], values: Iterable[V | None]) -> V | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None
