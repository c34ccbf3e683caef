"""The pyramid then and now (T7): as it was known at an instant, and who stands elsewhere since; counted by hand too."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.pyramid.repository import movements as repository
from services.tiering_svc.subscriptions import subscriptions
from services.tiering_svc.tiers.repository.history import list_history
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.real_year import ENDS, RealYear
from tests.tiering_svc.runs import ids, reviewed

SERVICE = "tiering"
NOW = datetime.now(UTC).replace(microsecond=0)
ANN, BOB, CEM = ids(3)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


async def deliver(database, recorded_at: datetime, *events: Any) -> None:
    await harness.deliver(database, subscriptions, events, recorded_at=recorded_at)


async def pyramid(client, **instants: datetime) -> dict[str, tuple[int, Decimal]]:
    answer = await client.get("/v1/pyramid", params={name: at.isoformat() for name, at in instants.items()})
    assert answer.status_code == 200, answer.text
    return {
        level["tier"]: (level["customers"], Decimal(level["revenue"]))
        for level in answer.json()["levels"]
        if level["customers"]
    }


async def movers(client, **query: Any) -> dict[str, Any]:
    params = {
        name.rstrip("_"): value.isoformat() if isinstance(value, datetime) else value for name, value in query.items()
    }
    answer = await client.get("/v1/pyramid/movers", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_T7_the_pyramid_as_it_was_known(client, database):
    ann = placed(ANN, ago(10), "3000", cost="1000")
    await deliver(database, ago(10), ann, placed(BOB, ago(9), "100"))
    await deliver(database, ago(4), returned(ann, ago(5)))
    assert await pyramid(client, as_of=ago(3)) == {"basic": (2, 100)}
    assert await pyramid(client, as_of=ago(3), known_at=ago(5)) == {"gold": (1, 3000), "basic": (1, 100)}
    assert await pyramid(client, as_of=ago(9.5), known_at=ago(5)) == {"gold": (1, 3000)}
    assert await pyramid(client, as_of=ago(3), known_at=ago(11)) == {}
    answer = await client.get("/v1/pyramid", params={"as_of": ago(3).isoformat(), "known_at": ago(5).isoformat()})
    gold = next(level for level in answer.json()["levels"] if level["tier"] == "gold")
    assert (Decimal(gold["profit"]), gold["new"]) == (2000, 1)


async def test_T7_a_review_that_was_not_done_yet_was_not_known(client, database):
    await deliver(database, ago(10), placed(ANN, ago(10), "3000"))
    run = await reviewed(database, ago(2))
    assert run.result == "applied"

    async def last_review(**instants: datetime) -> str | None:
        params = {name: at.isoformat() for name, at in instants.items()}
        shown: str | None = (await client.get("/v1/pyramid", params=params)).json()["last_review"]
        return shown

    done = run.decided_at
    assert await last_review() == await last_review(known_at=done) == ago(2).isoformat().replace("+00:00", "Z")
    assert await last_review(known_at=done - timedelta(microseconds=1)) is None
    assert await last_review(known_at=datetime(1800, 1, 1, tzinfo=UTC)) is None
    assert await last_review(as_of=ago(3)) is None


async def test_T7_movers_stand_elsewhere_whatever_happened_in_between(client, database):
    await deliver(database, ago(20), *(placed(customer, ago(20), "100") for customer in (ANN, BOB)))
    await deliver(database, ago(8), placed(ANN, ago(9), "900"))
    up_and_back = placed(BOB, ago(9), "5000")
    await deliver(database, ago(8), up_and_back)
    await deliver(database, ago(6), returned(up_and_back, ago(7)))
    await deliver(database, ago(3), placed(CEM, ago(3), "2500"))
    moved = await movers(client, from_=ago(15), to=ago(1))
    assert moved["moved"] == {"up": 1, "down": 0, "placed": 1}
    assert [(m["customer_id"], m["from_tier"], m["to_tier"], m["way"]) for m in moved["items"]] == [
        (str(ANN), "basic", "silver", "up"), (str(CEM), None, "gold", "placed"),
    ]  # fmt: skip
    known = await movers(client, from_=ago(15), to=ago(1), known_at=ago(7))
    assert known["moved"] == {"up": 2, "down": 0, "placed": 0}
    assert [c["customers"] for c in known["matrix"]] == [1, 1]
    [page] = (first := await movers(client, from_=ago(15), to=ago(1), limit=1))["items"]
    rest = await movers(client, from_=ago(15), to=ago(1), limit=1, cursor=first["next"])
    assert [page["customer_id"], rest["items"][0]["customer_id"]] == [str(ANN), str(CEM)]
    assert (await movers(client, from_=ago(15), to=ago(1), way="placed"))["items"][0]["to_tier"] == "gold"
    assert (await movers(client, from_=ago(15), to=ago(1), to_tier="silver", from_tier="basic"))["next"] is None
    backwards = await client.get("/v1/pyramid/movers", params={"from": ago(1).isoformat(), "to": ago(2).isoformat()})
    assert (backwards.status_code, backwards.json()["code"]) == (422, "ends_before_it_begins")


async def test_T7_figures_over_all_customers_are_not_for_partners(client, as_role):
    headers = as_role("partner", partner_id=UUID(int=9), scopes=["tiers:read"])
    answer = await client.get("/v1/pyramid/movers", params={"from": ago(1).isoformat()}, headers=headers)
    assert answer.status_code == 404


@pytest.mark.parametrize("known", [datetime(2017, 9, 3, tzinfo=UTC), datetime(2017, 12, 20, tzinfo=UTC)])
async def test_T7_the_real_year_as_known_equals_a_count_by_hand(real_year: RealYear, real_year_database, known):
    """Revenue by customer from what was sent, by a plain loop; the tiers as the history tells them one by one."""
    as_of = datetime(2017, 8, 31, 23, tzinfo=UTC)
    sold: Counter[UUID] = Counter()
    for line in real_year.lines.itertuples():
        if line.placed_at <= min(as_of, known):
            sold[line.customer] += line.amount
    placed_at = real_year.lines.drop_duplicates("order").set_index("order")["placed_at"]
    for back in real_year.returns.itertuples():
        if back.returned_at <= known and placed_at[back.order] <= as_of:
            sold[back.customer] -= back.amount
    expected: dict[str, list[Any]] = {}
    for customer in real_year.customers:
        rows = await real_year_database.run(lambda tx, customer=customer: list_history(tx, customer, ENDS))
        rows = [row for row in rows if row.starts_at <= as_of]
        if known >= datetime(2017, 12, 1, tzinfo=UTC) and rows:
            expected.setdefault(rows[-1].tier, [0, Decimal(0)])
            expected[rows[-1].tier][0] += 1
            expected[rows[-1].tier][1] += sold[customer]
    levels = await real_year_database.run(
        lambda tx: repository.read_as_known(tx, as_of, known, (date(2016, 9, 1), date(2017, 8, 1)))
    )
    assert sum(level.amount for level in levels.values()) == sum(sold.values())
    if expected:
        assert {tier: [level.customers, level.amount] for tier, level in levels.items()} == expected
