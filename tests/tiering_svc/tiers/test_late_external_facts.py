"""T10: facts that are no orders count at their own time, too, whatever comes when, where a policy looks at them.

The same facts in any order of arrival end in the same history; what it is, is worked out by hand, or by the arrival in
order of time (in which every decision sees what had happened by then).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tiering_svc.subscriptions import subscriptions
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ContactLogged,
    CustomerIdentified,
    CustomerTraitsChanged,
    Event,
    NextStepCompleted,
    PaymentReceived,
    ReceivableIssued,
    TierChanged,
)
from shared.messaging import Database
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.policy_documents import condition
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers.recorded_group import HEAD, SUB, below
from tests.tiering_svc.tiers.recorded_life import RecordedLife, utc
from tests.tiering_svc.tiers.tier_life_oracle import Row

SERVICE = "tiering"
ANN = UUID(int=1)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
GOLD = bands_document(("gold", "500"), lowest="basic", grace_months=0)
BY_AMOUNT = GOLD


def at_most(when: str, **more: Any) -> dict[str, Any]:
    """Gold from 500 on, unless."""
    return GOLD | {"conditions": [condition(when, at_most="basic", **more)]}


def at_least(when: str) -> dict[str, Any]:
    return GOLD | {"conditions": [condition(when, at_least="gold")]}


async def a_life(database: Database, document: dict[str, Any], now: str = "2026-06-01") -> RecordedLife:
    recorded = RecordedLife(database, BEGINNING)
    await recorded.begin()
    await recorded.activate(document)
    recorded.now = utc(now)
    return recorded


async def deliver(recorded: RecordedLife, *events: Event) -> list[Event]:
    at = recorded.tick()
    return await harness.deliver(recorded.database, subscriptions, events, at=at, recorded_at=at)


def rows(*expected: tuple[str, str, str, str | None]) -> list[Row]:
    return [Row(utc(since), tier, kind, previous) for since, tier, kind, previous in expected]


def issued(number: int, day: str, amount: int = 100, customer: UUID = ANN) -> ReceivableIssued:
    return ReceivableIssued(
        receivable_id=UUID(int=number), customer_id=customer, amount=Decimal(amount), issued_on=utc(day).date(),
        due_on=utc(day).date(), recorded_at=utc(day),
    )  # fmt: skip


def paid(number: int, day: str, amount: int = 100, customer: UUID = ANN) -> PaymentReceived:
    return PaymentReceived(
        payment_id=UUID(int=100 + number), receivable_id=UUID(int=number), customer_id=customer,
        amount=Decimal(amount), outstanding=Decimal(0), paid_at=utc(day),
    )  # fmt: skip


def traits(day: str, region: str) -> CustomerTraitsChanged:
    return CustomerTraitsChanged(
        customer_id=ANN, kind="person", region=region, completeness=50, changed_at=utc(day)
    )  # fmt: skip


def case(number: int, day: str, customer: UUID | None = ANN) -> ComplaintFiled:
    case_id = UUID(int=number)
    return ComplaintFiled(
        subject_id=customer or case_id, case_id=case_id, customer_id=customer, kind="complaint", severity="normal",
        channel="call", category="price", filed_at=utc(day),
    )  # fmt: skip


ORDERS = (placed(ANN, utc("2026-02-01"), "300"), placed(ANN, utc("2026-03-01"), "300"))
GOLD_IN_MARCH = rows(("2026-02-01", "basic", "first", None), ("2026-03-01", "gold", "upgrade", "basic"))
NEVER_GOLD = rows(("2026-02-01", "basic", "first", None))
CONTACT = ContactLogged(
    customer_id=ANN, entry_id=UUID(int=7), employee_id="E-1", channel="call", contacted_at=utc("2026-02-10"),
    next_step_on=utc("2026-02-20").date(),
)  # fmt: skip
DONE = NextStepCompleted(customer_id=ANN, entry_id=UUID(int=7), completed_at=utc("2026-02-19"))
IDENTIFIED = CustomerIdentified(
    subject_id=ANN, case_id=UUID(int=8), customer_id=ANN, open=True, identified_at=utc("2026-05-01")
)  # fmt: skip
ANOTHERS = CustomerIdentified(
    subject_id=UUID(int=99), case_id=UUID(int=8), customer_id=UUID(int=99), previous_customer_id=ANN, open=True, step=2,
    identified_at=utc("2026-05-01"),
)  # fmt: skip
CLOSED = ComplaintClosed(
    subject_id=ANN, case_id=UUID(int=8), customer_id=ANN, satisfaction=5, closed_at=utc("2026-02-20")
)  # fmt: skip
LATE: dict[str, tuple[dict[str, Any], list[Event], list[Row]]] = {
    "arrears that were paid": (at_most("arrears > 0.0"), [issued(1, "2026-01-10"), paid(1, "2026-02-20")],
                               GOLD_IN_MARCH),
    "arrears that were paid too late": (at_most("arrears > 0.0"), [issued(1, "2026-01-10"), paid(1, "2026-03-02")],
                                        NEVER_GOLD),
    "arrears after the order": (at_most("arrears > 0.0"), [issued(1, "2026-03-02")], GOLD_IN_MARCH),
    "a contact": (at_least("contacts > 0.0"), [CONTACT],
                  rows(("2026-02-01", "basic", "first", None), ("2026-03-01", "gold", "upgrade", "basic"))),
    "a next step that was done": (at_most("open_tasks > 0.0"), [CONTACT, DONE], GOLD_IN_MARCH),
    "a next step that is open": (at_most("open_tasks > 0.0"), [CONTACT], NEVER_GOLD),
    "a complaint": (at_most("complaints > 0.0"), [case(8, "2026-02-10")], NEVER_GOLD),
    "a complaint that is nobody's": (at_most("complaints > 0.0"), [case(8, "2026-02-10", None)], GOLD_IN_MARCH),
    "a complaint, and whose it is": (at_most("complaints > 0.0"), [case(8, "2026-02-10", None), IDENTIFIED],
                                     NEVER_GOLD),
    "a complaint that is another's after all": (at_most("complaints > 0.0"), [case(8, "2026-02-10"), ANOTHERS],
                                                GOLD_IN_MARCH),
    "a case that is closed": (at_most("open_cases > 0.0"), [case(8, "2026-02-10"), CLOSED], GOLD_IN_MARCH),
    "the first traits": (at_most("region == 'north'"), [traits("2026-05-01", "north")], NEVER_GOLD),
    "later traits": (at_most("region == 'north'"), [traits("2026-01-01", "south"), traits("2026-03-02", "north")],
                     GOLD_IN_MARCH),
    "traits in between": (at_most("region == 'north'"), [traits("2026-01-01", "south"), traits("2026-02-02", "north")],
                          NEVER_GOLD),
}  # fmt: skip


@pytest.mark.parametrize("name", LATE)
async def test_T10_a_fact_that_comes_late_counts_at_its_own_time(database: Database, name: str) -> None:
    document, facts, expected = LATE[name]
    recorded = await a_life(database, document)
    await deliver(recorded, *ORDERS)
    for fact in facts:
        await deliver(recorded, fact)
    assert await recorded.history(ANN) == expected
    assert await broken_invariants(database) == []


@pytest.mark.parametrize("name", LATE)
async def test_T10_the_same_facts_before_the_orders_give_the_same(database: Database, name: str) -> None:
    document, facts, expected = LATE[name]
    recorded = await a_life(database, document)
    await deliver(recorded, *facts)
    for order in ORDERS:
        await deliver(recorded, order)
    assert await recorded.history(ANN) == expected


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4)))[::5])
async def test_T10_a_payment_that_comes_after_a_review_is_seen_by_it(
    database: Database, order_of_arrival: Sequence[int]
) -> None:
    """In arrears by the review of March, it falls; the payment of February had not been known yet."""
    recorded = await a_life(database, at_most("arrears > 0.0"))
    events: list[Event] = [*ORDERS, issued(1, "2026-03-05"), paid(1, "2026-03-20")]
    reviewed_after = order_of_arrival.index(3)
    for number, index in enumerate(order_of_arrival):
        if number == reviewed_after:
            await recorded.review(utc("2026-03-31"))
        await deliver(recorded, events[index])
    assert await recorded.history(ANN) == GOLD_IN_MARCH


async def test_T10_by_what_comes_in_order_nothing_is_decided_before_the_next_order_or_review(
    database: Database,
) -> None:
    recorded = await a_life(database, at_least("contacts > 0.0"))
    await deliver(recorded, ORDERS[0])
    announced = await deliver(recorded, CONTACT)
    assert [event for event in announced if isinstance(event, TierChanged)] == []
    assert await recorded.history(ANN) == NEVER_GOLD
    await recorded.review(utc("2026-02-28"))
    assert await recorded.history(ANN) == [*NEVER_GOLD, *rows(("2026-02-28", "gold", "upgrade", "basic"))]


async def test_T9_what_a_late_payment_changes_is_announced_with_its_tail(database: Database) -> None:
    recorded = await a_life(database, at_most("arrears > 0.0"))
    await deliver(recorded, *ORDERS, issued(1, "2026-01-10"))
    assert await recorded.history(ANN) == NEVER_GOLD
    known_before = recorded.now
    [event] = [e for e in await deliver(recorded, paid(1, "2026-02-20")) if isinstance(e, TierChanged)]
    assert (event.changed_from, event.tier, event.kind) == (utc("2026-03-01"), "gold", "upgrade")
    assert await recorded.history(ANN, known_before) == NEVER_GOLD


async def test_T10_where_no_policy_looks_at_a_class_nothing_is_folded(database: Database) -> None:
    recorded = await a_life(database, BY_AMOUNT)
    await deliver(recorded, *ORDERS)
    assert await deliver(recorded, issued(1, "2026-01-10"), CONTACT, case(8, "2026-02-10")) == []
    assert await recorded.history(ANN) == GOLD_IN_MARCH


async def test_P2_a_members_late_payment_counts_for_the_head_of_its_group(database: Database) -> None:
    recorded = await a_life(database, at_most("arrears > 0.0") | {"groups": "together"})
    await deliver(recorded, below(SUB, HEAD, utc("2026-01-01")), *ORDERS, issued(1, "2026-01-10", customer=SUB))
    assert await recorded.history(HEAD) == NEVER_GOLD
    await deliver(recorded, paid(1, "2026-02-20", customer=SUB))
    assert await recorded.history(HEAD) == GOLD_IN_MARCH


async def test_P2_a_group_that_was_larger_than_was_known_counts_where_a_policy_looks_at_its_size(
    database: Database,
) -> None:
    recorded = await a_life(database, at_least("group_size > 1.0"))
    await deliver(recorded, ORDERS[0])
    assert await recorded.history(ANN) == NEVER_GOLD
    await deliver(recorded, below(SUB, ANN, utc("2026-01-01")))
    assert await recorded.history(ANN) == rows(("2026-02-01", "gold", "first", None))


# --- random facts ---


class Drawn(NamedTuple):
    kind: str
    size: int
    day: int


FACTS = st.lists(
    st.builds(
        Drawn, st.sampled_from(["order", "order", "owed", "paid", "contact", "case", "traits"]), st.integers(1, 9),
        st.integers(0, 60),
    ), min_size=5, max_size=12,
)  # fmt: skip
DOCUMENTS = [
    bands_document(("gold", "300"), lowest="basic")
    | {"conditions": [condition("arrears > 0.0 || complaints > 1.0", at_most="basic")]},
    bands_document(("gold", "900"), lowest="basic") | {"conditions": [
        condition("region == 'r1' && orders < 3.0", at_most="basic"), condition("contacts > 0.0", at_least="gold")]},
]  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(FACTS, st.integers(0, 1), st.randoms(use_true_random=False))
def test_K20_facts_of_all_classes_in_any_order_of_arrival_equal_those_in_order_of_time(
    run_in_loop: Any, databases: harness.Databases, drawn: list[Drawn], document: int, random: Any
) -> None:
    """Each fact alone in order of time: every order sees what had happened by then and is never looked at again."""
    events = events_of(drawn)
    in_order = run_in_loop(histories(databases, DOCUMENTS[document], [[event] for event in events]))
    shuffled = list(events)
    random.shuffle(shuffled)
    own_order = iter([event for event in events if isinstance(event, CustomerTraitsChanged)])  # a stream's own
    shuffled = [next(own_order) if isinstance(e, CustomerTraitsChanged) else e for e in shuffled]
    middle = random.randint(0, len(shuffled))
    assert run_in_loop(histories(databases, DOCUMENTS[document], [shuffled[:middle], shuffled[middle:]])) == in_order


def events_of(drawn: list[Drawn]) -> list[Event]:
    """In order of time, each at an instant of its own. The first traits are those of long ago."""
    events: list[tuple[datetime, Event]] = []
    for number, (kind, size, day) in enumerate(drawn, 1):
        at = utc("2026-01-01") + timedelta(days=day, minutes=number)
        text = at.date().isoformat()
        match kind:
            case "order":
                events.append((at, placed(ANN, at, str(100 * size))))
            case "owed":
                start_of_day = at.replace(hour=0, minute=0)
                events.append((start_of_day, issued(number, text, 30 * size)))
            case "paid":
                events.append((at, paid(1 + size % number, text).model_copy(update={
                    "paid_at": at, "payment_id": UUID(int=1000 + number)})))  # fmt: skip
            case "contact":
                contact = ContactLogged(
                    customer_id=ANN, entry_id=UUID(int=number), employee_id="E-1", channel="call", contacted_at=at
                )
                events.append((at, contact))
            case "case":
                events.append((at, case(number, text).model_copy(update={"filed_at": at})))
            case _:
                events.append((at, traits(text, f"r{size % 2}").model_copy(update={"changed_at": at})))
    events.append((BEGINNING, traits("2020-01-01", "r0")))
    return [event for _, event in sorted(events, key=lambda dated: dated[0])]


async def histories(databases: harness.Databases, document: dict[str, Any], batches: list[list[Event]]) -> list[Row]:
    async with databases.open(SERVICE, harness.migrations_of(SERVICE)) as database:
        recorded = await a_life(database, document)
        for batch in batches:
            if batch:
                await deliver(recorded, *batch)
        assert await broken_invariants(database) == []
        return await recorded.history(ANN)
