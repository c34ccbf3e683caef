"""T10: an order raises at once, from its own date, whether it is counted before or after what was decided for earlier.

A review is of an instant that is over, an override ends by a timer: orders placed later may have been counted already.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from services.tiering_svc.subscriptions import subscriptions, timers
from shared.events import Event
from shared.messaging import Database
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.reviews.test_review_runs import activate_bands, reviewed, run_to_the_end

SERVICE = "tiering"
EARLY, LATE = UUID(int=1), UUID(int=2)  # whose order is counted before, and after
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)

Headers = Callable[..., dict[str, str]]


async def deliver(database: Database, *events: Event) -> None:
    await harness.deliver(database, subscriptions, events)


async def history_and_standing(client: httpx.AsyncClient, database: Database, customer: UUID) -> tuple[object, ...]:
    """The history and the standing, without ids and without when it was decided."""
    rows = (await client.get(f"/v1/customers/{customer}/tier/history")).json()["items"]
    standing = await database.run(
        lambda tx: tx.raw.fetchrow(
            "select tier, kind, since, retained_until, below_since, grace_until, recovered_at from standing "
            "where customer_id = $1", customer,
        )
    )  # fmt: skip
    return [(row["tier"], row["kind"], row["effective_from"]) for row in rows], tuple(standing or ())


async def both_are_alike(client: httpx.AsyncClient, database: Database) -> list[tuple[str, str, str]]:
    early, late = (
        await history_and_standing(client, database, EARLY),
        await history_and_standing(client, database, LATE),
    )
    assert early == late
    assert await broken_invariants(database) == []
    history: list[tuple[str, str, str]] = early[0]  # type: ignore[assignment]
    return history


@pytest.mark.parametrize(
    ("amount", "grace", "tiers"),
    [
        ("900", 0, ["gold", "basic", "silver"]),
        ("2500", 0, ["gold", "basic", "gold"]),
        ("100", 0, ["gold", "basic"]),
        ("900", 1, ["gold"]),
        ("2500", 1, ["gold"]),  # and no grace runs any more
    ],
)
async def test_T10_an_order_raises_whether_it_is_counted_before_or_after_a_review_of_an_earlier_date(
    client: httpx.AsyncClient, database: Database, as_role: Headers, amount: str, grace: int, tiers: list[str]
) -> None:
    await activate_bands(
        client, database, as_role, ("silver", "800"), ("gold", "2400"), lowest="basic", months=1, grace_months=grace
    )
    await deliver(database, *[placed(customer, NOW - timedelta(days=70), "3000") for customer in (EARLY, LATE)])
    await deliver(database, placed(EARLY, NOW - HOUR, amount))
    await reviewed(client, database, NOW - 2 * HOUR)
    await deliver(database, placed(LATE, NOW - HOUR, amount))
    history = await both_are_alike(client, database)
    assert [tier for tier, _, _ in history] == tiers


async def test_T10_an_order_that_comes_while_a_review_puts_everybody_on_a_new_pyramid_still_raises(
    client: httpx.AsyncClient, database: Database, as_role: Headers
) -> None:
    await deliver(database, *[placed(customer, NOW - timedelta(days=3), "100") for customer in (EARLY, LATE)])
    await activate_bands(
        client,
        database,
        as_role,
        ("bronze", "200"),
        ("vip", "900"),
        lowest="none",
        months=12,
        grace_months=1,
        always=False,
    )
    answer = await client.post("/v1/evaluations", json={"as_of": (NOW - HOUR).isoformat()})
    assert answer.status_code == 202
    await deliver(database, placed(EARLY, NOW, "5000"))
    await run_to_the_end(database)
    await deliver(database, placed(LATE, NOW, "5000"))
    history = await both_are_alike(client, database)
    assert [(tier, kind) for tier, kind, _ in history][1:] == [("none", "first"), ("vip", "upgrade")]


async def test_T10_an_order_after_an_overrides_end_raises_whether_the_timer_or_the_order_was_first(
    client: httpx.AsyncClient, database: Database
) -> None:
    await deliver(database, *[placed(customer, NOW - timedelta(days=3), "900") for customer in (EARLY, LATE)])
    until = datetime.now(UTC) + timedelta(minutes=1)
    for customer in (EARLY, LATE):
        body = {"tier": "basic", "reason": "a", "until": until.isoformat()}
        assert (await client.post(f"/v1/customers/{customer}/tier/overrides", json=body)).status_code == 201
    await deliver(database, placed(EARLY, until + timedelta(seconds=30), "5000"))
    await timers.fire_due(database, until=until + timedelta(minutes=2))
    await deliver(database, placed(LATE, until + timedelta(seconds=30), "5000"))
    tiers = [
        [tier for tier, _, _ in (await history_and_standing(client, database, customer))[0]]  # type: ignore[attr-defined]
        for customer in (EARLY, LATE)
    ]
    assert tiers == [["silver", "basic", "silver", "platinum"]] * 2


async def test_K18_what_an_order_earned_under_an_override_is_corrected_to_what_the_rest_earns(
    client: httpx.AsyncClient, database: Database
) -> None:
    """The tier that a person had set for a while is no floor for what follows it."""
    await deliver(database, placed(EARLY, NOW - timedelta(days=3), "900"))
    until = datetime.now(UTC) + timedelta(minutes=1)
    body = {"tier": "gold", "reason": "a", "until": until.isoformat()}
    assert (await client.post(f"/v1/customers/{EARLY}/tier/overrides", json=body)).status_code == 201
    order = placed(EARLY, datetime.now(UTC), "5000")
    await deliver(database, order)
    await timers.fire_due(database, until=until + timedelta(minutes=2))
    await deliver(database, returned(order, until + timedelta(minutes=3)))
    tier = (await client.get(f"/v1/customers/{EARLY}/tier")).json()
    assert (tier["tier"], tier["kind"]) == ("silver", "correction")
