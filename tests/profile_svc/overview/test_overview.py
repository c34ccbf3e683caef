"""G3: the overview equals what everything heard adds up to, however topics interleave and batches are cut."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.profile_svc.subscriptions import subscriptions
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintJudged,
    ComplaintReopened,
    ComplaintResolved,
    CustomerIdentified,
    CustomerReferenceRegistered,
    DeadlineBreached,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    PointsPosted,
    ReceivableIssued,
    TierChanged,
)
from tests import harness
from tests.tier_tails import row_changed

SERVICE = "profile"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CUSTOMERS = [UUID(int=n) for n in (1, 2, 3)]


def when(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


class Story:
    """Makes a random but possible history: topic by topic, each in its own order."""

    def __init__(self, draw) -> None:
        self.draw = draw
        self.topics: dict[tuple[str, str], list] = defaultdict(list)
        self.number = 100
        for customer in CUSTOMERS:
            self.tell(CustomerReferenceRegistered(customer_id=customer, source="patron", registered_at=START))

    def id(self) -> UUID:
        self.number += 1
        return UUID(int=self.number)

    def pick(self, *choices):
        return self.draw(st.sampled_from(choices))

    def tell(self, event) -> None:
        self.topics[event.topic, event.key].append(event)

    def amount(self) -> Decimal:
        return Decimal(self.draw(st.integers(0, 100_000))) / 100

    def order(self, minute: int) -> None:
        about = {"order_id": self.id(), "customer_id": self.pick(*CUSTOMERS), "placed_at": when(minute // 3 * 3)}
        amount = self.amount()
        self.tell(
            OrderPlaced(**about, source="patron", currency="USD", channel="web", amount=amount, lines=())
        )  # fmt: skip
        after = self.pick("nothing", "delivered", "returned", "cancelled")
        if after == "delivered":
            self.tell(OrderDelivered(**about, delivery_id=self.id(), delivered_at=when(minute + 9)))
        elif after == "returned":
            returned = {"return_id": self.id(), "returned_at": when(minute + 9), "amount": amount / 2, "lines": ()}
            self.tell(OrderReturned(**about, **returned))
        elif after == "cancelled":
            self.tell(OrderCancelled(**about, cancelled_at=when(minute + 1), amount=amount, lines=()))

    def receivable(self, minute: int) -> None:
        about = {"receivable_id": self.id(), "customer_id": self.pick(*CUSTOMERS)}
        owed = self.amount()
        due = date(2026, 1, 1) + timedelta(days=self.draw(st.integers(0, 60)))
        self.tell(
            ReceivableIssued(**about, amount=owed, issued_on=START.date(), due_on=due, recorded_at=when(minute))
        )  # fmt: skip
        for part in range(self.draw(st.integers(0, 2))):
            paid = owed / 2 if part == 0 else owed
            owed -= paid
            self.tell(
                PaymentReceived(
                    **about, payment_id=self.id(), amount=paid, outstanding=owed, paid_at=when(minute + part)
                )
            )

    def tier(self, minute: int) -> None:
        tier, rank = self.pick(("iron", 0), ("gold", 1), ("platinum", 2))
        kind = self.pick("first", "upgrade", "correction")
        since = when(self.draw(st.integers(0, minute)))
        self.tell(row_changed(self.pick(*CUSTOMERS), self.id(), tier, rank, since, when(minute), kind=kind))

    def points(self, minute: int) -> None:
        numbers = self.draw(st.tuples(*[st.integers(0, 5000)] * 3))
        self.tell(
            PointsPosted(
                customer_id=self.pick(*CUSTOMERS),
                entry_id=self.id(),
                kind="earn",
                points=1,
                balance=numbers[0],
                held=numbers[1],
                debt=numbers[2],
                posted_at=when(minute),
            )
        )

    def case(self, minute: int) -> None:
        case, customer = self.id(), self.pick(*CUSTOMERS)
        anonymous = self.draw(st.booleans())
        known = {"subject_id": customer, "case_id": case, "customer_id": customer}
        first = {"subject_id": case, "case_id": case, "customer_id": None} if anonymous else known
        self.tell(
            ComplaintFiled(
                **first, kind="complaint", severity="high", channel="call", category="x", filed_at=when(minute)
            )
        )
        if self.draw(st.booleans()):
            stage = self.pick("proposal", "solution")
            self.tell(DeadlineBreached(**first, stage=stage, due_at=when(minute + 2), breached_at=when(minute + 2)))
        if anonymous:
            if not self.draw(st.booleans()):
                return  # nobody ever says whose it is
            self.tell(CustomerIdentified(**known, open=True, identified_at=when(minute + 2)))
        # in time, late, or told after the breach to be before it
        done_at, goes = when(minute + self.pick(1, 3)), self.pick("on", "resolved", "invalid")
        if goes == "resolved":
            resolved = {"resolution_id": self.id(), "points": 0, "amount": Decimal(0), "resolved_at": done_at}
            self.tell(ComplaintResolved(**known, **resolved))
        elif goes == "invalid":
            self.tell(ComplaintJudged(**known, valid=False, judged_at=done_at))
        if self.draw(st.booleans()):
            satisfaction = self.pick(None, 1, 5)
            self.tell(ComplaintClosed(**known, satisfaction=satisfaction, closed_at=when(minute + 4)))
            if self.draw(st.booleans()):
                self.tell(ComplaintReopened(**known, reopened_at=when(minute + 5)))
                if self.draw(st.booleans()):
                    late = {"stage": "solution", "due_at": when(minute + 6), "breached_at": when(minute + 6)}
                    self.tell(DeadlineBreached(**known, **late))


@st.composite
def histories(draw) -> tuple[Story, list[list]]:
    """A history, and its events cut into batches: each stream in its order, streams mixed at will."""
    story = Story(draw)
    for minute, kind in enumerate(
        draw(st.lists(st.sampled_from(["order", "receivable", "tier", "points", "case"]), max_size=25))
    ):
        getattr(story, kind)(minute * 10)
    queues = {stream: list(events) for stream, events in story.topics.items()}
    mixed = []
    while queues:
        stream = draw(st.sampled_from(sorted(queues)))
        mixed.append(queues[stream].pop(0))
        if not queues[stream]:
            del queues[stream]
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed)), max_size=6)) | {len(mixed)})
    return story, [mixed[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]


def recompute(story: Story) -> dict[UUID, dict]:
    """Independently of the code under test: everything told, read from the beginning, customer by customer."""
    rows = {}
    everything = [event for events in story.topics.values() for event in events]
    for customer in CUSTOMERS:
        own = [event for event in everything if getattr(event, "customer_id", None) == customer]
        placed = [event for event in own if isinstance(event, OrderPlaced)]
        returned = [event for event in own if isinstance(event, OrderReturned)]
        cancelled = [event for event in own if isinstance(event, OrderCancelled)]
        delivered = [event.delivered_at for event in own if isinstance(event, OrderDelivered)]
        tiers = [event for event in own if isinstance(event, TierChanged)]
        points = [event for event in own if isinstance(event, PointsPosted)]
        last = max(placed, key=lambda order: (order.placed_at, order.order_id), default=None)
        owed = {}
        for event in own:
            if isinstance(event, ReceivableIssued):
                owed[event.receivable_id] = (event.amount, event.due_on)
            elif isinstance(event, PaymentReceived):
                owed[event.receivable_id] = (event.outstanding, owed[event.receivable_id][1])
        still = [(amount, due) for amount, due in owed.values() if amount > 0]
        rows[customer] = {
            "orders_count": len(placed),
            "revenue_total": sum((order.amount for order in placed), Decimal(0)),
            "returns_count": len(returned),
            "revenue_returned": sum((event.amount for event in returned), Decimal(0)),
            "cancelled_count": len(cancelled),
            "revenue_cancelled": sum((event.amount for event in cancelled), Decimal(0)),
            "first_order_at": min((order.placed_at for order in placed), default=None),
            "last_order_at": last.placed_at if last else None,
            "last_order_id": last.order_id if last else None,
            "last_return_at": max((event.returned_at for event in returned), default=None),
            "last_delivery_at": max(delivered, default=None),
            "tier": tiers[-1].tier if tiers else None,
            "tier_rank": tiers[-1].rank if tiers else None,
            "tier_since": tiers[-1].effective_from if tiers else None,
            "tier_kind": tiers[-1].kind if tiers else None,
            "points_balance": points[-1].balance if points else 0,
            "points_held": points[-1].held if points else 0,
            "points_debt": points[-1].debt if points else 0,
            "outstanding_amount": sum((amount for amount, _ in still), Decimal(0)),
            "oldest_due_on": min((due for _, due in still), default=None),
            **count_cases(customer, everything),
        }
    return rows


def count_cases(customer: UUID, everything: list) -> dict:
    """Each case replayed in the order of time: what state it is in, and which breaches nobody made good."""
    of_case = defaultdict(list)
    for event in everything:
        if hasattr(event, "case_id") and not isinstance(event, PointsPosted):
            of_case[event.case_id].append(event)
    opened, overdue, filed, satisfied = 0, 0, [], []
    for events in of_case.values():
        events.sort(key=lambda event: event.occurred_at)
        if not any(event.customer_id == customer for event in events):
            continue
        is_open, late, done = False, set(), set()
        for event in events:
            if isinstance(event, ComplaintFiled):
                is_open = True
                filed.append(event.filed_at)
            elif isinstance(event, DeadlineBreached):
                late.add(event.stage)
            elif isinstance(event, (ComplaintResolved, ComplaintJudged)):
                done |= {"proposal", "solution"}
            elif isinstance(event, ComplaintClosed):
                is_open = False
                if event.satisfaction is not None:
                    satisfied.append((event.closed_at, event.satisfaction))
            elif isinstance(event, ComplaintReopened):
                is_open, late, done = True, set(), set()
        opened += is_open
        overdue += is_open and bool(late - done)
    return {
        "open_cases": opened,
        "overdue_cases": overdue,
        "last_case_at": max(filed, default=None),
        "last_satisfaction": max(satisfied)[1] if satisfied else None,
    }


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
async def test_G3_overview_equals_what_was_told_however_it_is_mixed_and_cut(database, deliver, history):
    story, batches = history
    await database.run(
        lambda tx: tx.raw.execute("truncate customer, overview, case_copy, receivable_copy, stream_seen cascade")
    )
    for batch in batches:
        if batch:
            await deliver(database, subscriptions, batch)
    rows = await database.run(lambda tx: tx.raw.fetch("select * from overview"))
    kept = {row["customer_id"]: dict(row) for row in rows}
    for customer, expected in recompute(story).items():
        row = kept.get(customer)
        if row is None:
            assert not any(expected.values())
            continue
        assert {name: row[name] for name in expected} == expected


def order(minute: int, number: int = 1, **changes) -> OrderPlaced:
    about = {
        "order_id": UUID(int=number),
        "customer_id": CUSTOMERS[0],
        "source": "patron",
        "placed_at": when(minute),
        "currency": "USD",
        "channel": "web",
        "amount": Decimal("12.50"),
        "lines": (),
    }
    return OrderPlaced(**about | changes)


async def test_G3_overview_in_one_answer(client, database, deliver):
    customer = CUSTOMERS[0]
    about = {"customer_id": customer, "order_id": UUID(int=1), "placed_at": when(0)}
    known = {"subject_id": customer, "case_id": UUID(int=5), "customer_id": customer}
    receivable = {"receivable_id": UUID(int=6), "customer_id": customer}
    await deliver(
        database,
        subscriptions,
        [
            CustomerReferenceRegistered(customer_id=customer, source="patron", registered_at=START),
            order(0),
            order(5, 2, amount=Decimal("7.5")),
            OrderReturned(**about, return_id=UUID(int=3), returned_at=when(9), amount=Decimal("2.50"), lines=()),
            ReceivableIssued(
                **receivable, amount=100, issued_on=START.date(), due_on=date(2026, 1, 20), recorded_at=when(0)
            ),
            PaymentReceived(**receivable, payment_id=UUID(int=7), amount=40, outstanding=60, paid_at=when(1)),
            row_changed(customer, UUID(int=4), "gold", 2, when(0), kind="first"),
            PointsPosted(
                customer_id=customer,
                entry_id=UUID(int=8),
                kind="earn",
                points=20,
                balance=17,
                held=3,
                debt=0,
                posted_at=when(1),
            ),
            ComplaintFiled(**known, kind="repair", severity="low", channel="call", category="x", filed_at=when(3)),
        ],
    )
    answer = await client.get(f"/v1/customers/{customer}/overview")
    assert answer.status_code == 200
    seen = answer.json()
    assert seen["tier"] == {
        "tier": "gold", "name": None, "rank": 2, "since": "2026-01-05T09:00:00Z", "kind": "first",
    }  # fmt: skip
    assert {name: seen["orders"][name] for name in ("count", "ordered", "returned", "revenue", "last_id")} == {
        "count": 2,
        "ordered": "20.00",
        "returned": "2.50",
        "revenue": "17.50",
        "last_id": str(UUID(int=2)),
    }
    assert seen["points"] == {"balance": 17, "held": 3, "debt": 0}
    assert seen["cases"]["open"] == 1
    assert seen["receivables"] == {"outstanding": "60.00", "overdue": "60.00", "oldest_due_on": "2026-01-20"}
    assert seen["account_manager"] is None
    assert seen["customer"]["kind"] == "unknown"


async def test_G3_overview_of_a_new_file_is_all_nothing(client):
    body = {"kind": "person", "names": [{"name": "Li Lei"}]}
    id = (await client.post("/v1/customers", json=body)).json()["id"]
    seen = (await client.get(f"/v1/customers/{id}/overview")).json()
    assert seen["tier"] is None
    assert seen["orders"]["count"] == 0
    assert seen["orders"]["revenue"] == "0.00"
    assert seen["updated_at"] is None
    assert seen["customer"]["names"][0]["name"] == "Li Lei"


async def test_G3_overview_facts_may_come_before_the_file(client, database, deliver):
    customer = CUSTOMERS[1]
    await deliver(database, subscriptions, [row_changed(customer, UUID(int=4), "gold", 2, START, kind="first")])
    assert (await client.get(f"/v1/customers/{customer}/overview")).status_code == 404
    await deliver(
        database,
        subscriptions,
        [CustomerReferenceRegistered(customer_id=customer, source="patron", registered_at=START)],
    )
    assert (await client.get(f"/v1/customers/{customer}/overview")).json()["tier"]["tier"] == "gold"


async def test_G3_overview_updates_stay_on_their_page(databases: harness.Databases, deliver) -> None:
    """HOT: an overview is updated at each order, so nothing but its key may be indexed. In a database of its own: what
    connections of other tests have done is counted when they say so."""
    async with databases.open("profile_alone", harness.migrations_of("profile")) as database:
        indexes = await database.run(
            lambda tx: tx.raw.fetch("select indexname from pg_indexes where tablename = 'overview'")
        )
        assert [row["indexname"] for row in indexes] == ["overview_pkey"]
        before = await database.run(lambda tx: tx.raw.fetchrow(HEAP_ONLY_UPDATES))
        for minute in range(10):
            await deliver(database, subscriptions, [order(minute, minute + 1)])
        await database.run(lambda tx: tx.raw.execute("select pg_stat_force_next_flush()"))
        after = await database.run(lambda tx: tx.raw.fetchrow(HEAP_ONLY_UPDATES))
        assert after["n_tup_upd"] - before["n_tup_upd"] == 9
        assert after["n_tup_hot_upd"] - before["n_tup_hot_upd"] == 9


HEAP_ONLY_UPDATES = "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'overview'"
