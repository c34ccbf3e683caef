"""Subscriptions and timers as tables: who is called by what, in which order, and what the table says of itself."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.events import CustomerReferenceRegistered, OrderPlaced
from shared.messaging import Subscriptions, Timer, Timers, Transaction


async def first(tx: Transaction, events: Sequence[CustomerReferenceRegistered]) -> None:
    events[0].calls.append("first")  # type: ignore[attr-defined]


async def second(tx: Transaction, events: Sequence[CustomerReferenceRegistered]) -> None:
    events[0].calls.append("second")  # type: ignore[attr-defined]


async def lock(tx: Transaction, keys: Sequence[str]) -> None: ...


async def fire(tx: Transaction, due: Sequence[Timer]) -> None: ...


class FakeEvent:
    type = CustomerReferenceRegistered.type

    def __init__(self) -> None:
        self.calls: list[str] = []


async def test_handlers_are_called_in_the_order_of_the_table() -> None:
    subscriptions = Subscriptions(lock_first=lock)
    subscriptions.on(CustomerReferenceRegistered, second)
    subscriptions.on(CustomerReferenceRegistered, first, second)
    event: Any = FakeEvent()
    await subscriptions.deliver(None, [event])  # type: ignore[arg-type]
    assert event.calls == ["second", "first", "second"]


def test_a_table_says_its_types_its_topics_what_locks_and_what_is_left_out() -> None:
    subscriptions = Subscriptions(lock_first=lock)
    subscriptions.on(CustomerReferenceRegistered, first)
    subscriptions.leave_out(OrderPlaced, "lines")
    assert subscriptions.handlers == {CustomerReferenceRegistered.type: [first]}
    assert subscriptions.topics == {CustomerReferenceRegistered.topic}
    assert subscriptions.locker is lock
    assert OrderPlaced.type in subscriptions.read_as


def test_a_kind_of_timer_has_one_effect() -> None:
    timers = Timers()
    timers.on("hold_ends", fire)
    with pytest.raises(TypeError, match="hold_ends"):
        timers.on("hold_ends", fire)
    timers.on("other", fire)
    assert timers.effects == {"hold_ends": fire, "other": fire}
