"""At once, by every kind of policy (T10): any split into batches gives the same tiers, and the guards hold."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from shared.events import PaymentReceived, ReceivableIssued
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.policy_documents import COLLECTION, condition, item, scorecard
from tests.tiering_svc.runs import put_in_force
from tests.tiering_svc.shorthand import at, bands_document, level
from tests.tiering_svc.tiers.test_orders_in_the_database import (
    ANN,
    BOB,
    DAY,
    ORDERS,
    RETURNS,
    deliver,
    events_of,
    history,
    outcome_in_batches,
    query,
)

SERVICE = "tiering"

SCORE = scorecard(
    item("amount", scale={"worst": "0", "best": "2000", "points": "20"}), COLLECTION, bands=("11", "18", "25")
) | {"conditions": [condition("margin_rate < 0.2 && orders > 2.0", at_most="gold")]}  # fmt: skip
FRESH = {
    "kind": "single_indicator", "levels": [level("old"), level("newer"), level("new")], "window": {"months": 12},
    "indicator": "days_since_first_order", "better": "less",
    "bands": [{"tier": "newer", "up_to": "60"}, {"tier": "new", "up_to": "10"}],
}  # fmt: skip
RETURNING = bands_document(("gold", "200"), ("platinum", "900")) | {
    "conditions": [condition("return_rate > 0.3", at_most="gold")]
}
MATRIX = next(s.document for s in DEFAULT_POLICIES if s.document["kind"] == "matrix")
KINDS = {"score": SCORE, "less": FRESH, "condition": RETURNING, "matrix": MATRIX}
PAID = st.tuples(st.just("paid"), st.sampled_from([ANN, BOB]), st.integers(0, 500), st.integers(0, 120))


def all_events(drawn: list[tuple[Any, ...]]) -> list[Any]:
    events = events_of([fact for fact in drawn if fact[0] != "paid"])
    for number, (_, customer, day, delay) in enumerate(fact for fact in drawn if fact[0] == "paid"):
        issued = DAY + timedelta(days=day)
        receivable = ReceivableIssued(
            receivable_id=new_id(), customer_id=customer, amount=Decimal(100), issued_on=issued.date(),
            due_on=issued.date(), recorded_at=issued,
        )  # fmt: skip
        payment = PaymentReceived(
            payment_id=new_id(), receivable_id=receivable.receivable_id, customer_id=customer, amount=Decimal(100),
            outstanding=Decimal(0), paid_at=issued + timedelta(days=delay),
        )  # fmt: skip
        events[2 * number : 2 * number] = [receivable, payment]
    return events


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.one_of(ORDERS, ORDERS, RETURNS, PAID), min_size=1, max_size=10),
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
)
def test_T10_any_split_gives_the_same_tiers_by_every_kind(request, databases, kind, drawn, batches):
    events = all_events(drawn)

    async def both() -> None:
        async with databases.open(SERVICE, harness.migrations_of(SERVICE)) as database:
            await put_in_force(database, KINDS[kind])
            one_by_one = await outcome_in_batches(database, events, [1])
            assert await broken_invariants(database) == []
            await database.run(lambda tx: tx.raw.execute("truncate receivable_fact, payment_fact"))
            in_batches = await outcome_in_batches(database, events, batches)
            assert await broken_invariants(database) == []
            assert in_batches == one_by_one

    request.getfixturevalue("run_in_loop")(both())


async def test_T3_an_order_raises_at_once_by_what_was_paid_before(database):
    await put_in_force(database, SCORE)
    first = placed(ANN, at(1), "100")
    await deliver(database, first)
    paid = all_events([("paid", ANN, (at(2) - DAY).days, 10)])
    await deliver(database, *paid)
    assert await history(database) == [("iron", "first", at(1), None)]  # 1 + 10: how it pays is not known
    [risen] = await deliver(database, placed(ANN, at(20), "10"))
    assert (risen.tier, risen.effective_from) == ("gold", at(20))  # 1.1 + 20: paid within fifteen days
    assert await broken_invariants(database) == []


async def test_T10_a_rise_by_score_is_corrected_when_its_order_comes_back(database):
    await put_in_force(database, SCORE)
    small, big = placed(ANN, at(1), "100"), placed(ANN, at(5), "1500")
    await deliver(database, small, big)
    assert [row[0] for row in await history(database)] == ["iron", "platinum"]
    [correction] = await deliver(database, returned(big, at(9)))
    assert (correction.kind, correction.tier, correction.effective_from) == ("correction", "iron", at(5))
    assert await broken_invariants(database) == []


async def test_T9_the_reasons_of_a_rise_by_score_are_kept(client, database):
    await put_in_force(database, SCORE)
    await deliver(database, placed(ANN, at(1), "1000"))
    explanation = (await client.get(f"/v1/customers/{ANN}/tier/explanation", params={"at": at(2).isoformat()})).json()
    assert [item["points"] for item in explanation["reasons"]["score"]["items"]] == ["10", "10"]
    assert "the score was 20 of 40 points" in explanation["words"]
    tier = (await client.get(f"/v1/customers/{ANN}/tier")).json()
    assert (tier["next"]["code"], tier["next"]["unit"], len(tier["next"]["items"])) == ("platinum", "points", 2)


ROW = """insert into tier_history (id, customer_id, tier, rank, kind, effective, recorded_at, known_from, policy_id,
                                   policy_version, reasons)
         values ($1, $2, 'silver', 1, 'upgrade', tstzrange($3, $4), $3, $3, $1, 1, '{}')"""


@pytest.mark.parametrize(
    ("starts", "ends", "error"),
    [
        (at(3), at(5), asyncpg.ExclusionViolationError),  # within the row that is there
        (at(9), None, asyncpg.ExclusionViolationError),  # a day after it ended: a gap
    ],
)
async def test_T10_the_database_refuses_an_overlap_and_a_gap(database, starts, ends, error):
    await deliver(database, placed(ANN, at(1), "100"))
    await query(
        database,
        "update tier_history set effective = tstzrange(lower(effective), $1), superseded_at = null",
        at(8),
    )
    with pytest.raises(error):
        await query(database, ROW, new_id(), ANN, starts, ends)
    await query(database, ROW, new_id(), ANN, at(8), None)  # where the last one ends
    with pytest.raises(asyncpg.PostgresError):
        await query(database, ROW, new_id(), ANN, at(9), None)  # never two open ones


async def test_T9_a_version_of_a_policy_is_never_changed(database):
    with pytest.raises(asyncpg.CheckViolationError):
        await query(database, "update rule_set_version set document = '{}' where id = $1", DEFAULT_POLICIES[0].id)
