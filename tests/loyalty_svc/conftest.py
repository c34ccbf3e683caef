"""Fixtures of loyalty's tests: an order that was delivered, facts that were handled."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import Event
from shared.messaging import Database
from shared.messaging.database.transaction import system_clock
from tests.loyalty_svc.builders import day, order_placed
from tests.loyalty_svc.invariants import broken_invariants
from tests.loyalty_svc.support import ANNA, Deliver, Earn


@pytest.fixture
async def earn(database: Database, deliver: Deliver) -> Earn:
    """`await earn("100.00", BERT, days_ago=3)`: an order of one line was placed and delivered."""

    async def place_order(amount: str, customer: UUID = ANNA, days_ago: int = 1) -> None:
        at = system_clock() - timedelta(days=days_ago)
        await deliver(database, subscriptions, [order_placed(customer, uuid4(), ("A", amount), at=at)])

    return place_order


@pytest.fixture
async def handle(database: Database, deliver: Deliver) -> Any:
    """`await handle(fact, ...)`: facts in one transaction; returns what was announced. Every invariant holds after."""

    async def deliver_facts(*facts: Event, at: datetime | None = None) -> list[Event]:
        announced = await deliver(database, subscriptions, list(facts), at=at or day(30))
        assert await broken_invariants(database) == {}
        return announced

    return deliver_facts
