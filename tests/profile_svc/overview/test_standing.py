"""What tiering finds of a customer beside its tier (T8, T11, T16) is in the overview and in the pop."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.profile_svc.subscriptions import subscriptions
from shared.events import (
    CustomerExcluded,
    CustomerExclusionEnded,
    CustomerReferenceRegistered,
    CustomerStageChanged,
    Event,
    KeyAccountApproved,
    KeyAccountEnded,
    RiskFlagCleared,
    RiskFlagRaised,
    SatisfactionMeasured,
    SettlementWithdrawn,
)
from shared.messaging import new_id
from tests import harness

SERVICE = "profile"
ANN = UUID(int=1)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST, SECOND, EXCLUSION, FLAG, OTHER_FLAG = (UUID(int=n) for n in range(11, 16))
PHONE = "+12025550123"


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def approved(class_id: UUID, *kinds: str, day: int, customer: UUID = ANN) -> KeyAccountApproved:
    return KeyAccountApproved(customer_id=customer, class_id=class_id, kinds=kinds, since=at(day))


def ended(class_id: UUID, cause: str, day: int) -> KeyAccountEnded:
    return KeyAccountEnded(customer_id=ANN, class_id=class_id, cause=cause, ended_at=at(day))


def flagged(flag_id: UUID, risk: str, day: int) -> RiskFlagRaised:
    return RiskFlagRaised(customer_id=ANN, flag_id=flag_id, risk=risk, source="hand", raised_at=at(day))


def stage(code: str, day: int, since: int | None = None, relationship: str | None = "partner") -> CustomerStageChanged:
    return CustomerStageChanged(
        customer_id=ANN, stage=code, relationship=relationship, since=at(day if since is None else since), as_of=at(day)
    )


def answered(day: int, expectation: str, experience: str) -> SatisfactionMeasured:
    return SatisfactionMeasured(
        customer_id=ANN, answer_id=new_id(), expectation=Decimal(expectation), experience=Decimal(experience),
        answered_at=at(day),
    )  # fmt: skip


def withdrawn(points: int, day: int) -> SettlementWithdrawn:
    return SettlementWithdrawn(
        customer_id=ANN, case_id=new_id(), resolution_id=new_id(), points=points, withdrawn_at=at(day)
    )


LIFE: list[Event] = [
    stage("retain", 0),
    approved(FIRST, "economic", "strategic", day=1),
    flagged(FLAG, "churn", 2),
    answered(4, "80", "90.5"),
    ended(FIRST, "renewed", 3),
    approved(SECOND, "group", day=3),
    answered(3, "80", "10"),  # told later, of earlier: not the latest
    stage("retain", 5, since=0, relationship=None),
    flagged(OTHER_FLAG, "finance", 5),
    ended(SECOND, "excluded", 6),
    CustomerExcluded(customer_id=ANN, class_id=EXCLUSION, since=at(6)),
    RiskFlagCleared(customer_id=ANN, flag_id=FLAG, risk="churn", cause="by_hand", cleared_at=at(6)),
    withdrawn(50, 7),
    withdrawn(30, 6),  # told later, of earlier
    stage("lost", 9),
]
NAMES = ("key_account", "exclusion", "risks", "life_stage", "satisfaction_index", "settlement_withdrawn")
AT_THE_END: dict[str, Any] = {
    "key_account": None,
    "exclusion": {"since": "2026-03-07T12:00:00Z"},
    "risks": [{"id": str(OTHER_FLAG), "risk": "finance", "since": "2026-03-06T12:00:00Z"}],
    "life_stage": {"stage": "lost", "since": "2026-03-10T12:00:00Z", "relationship": "partner"},
    "satisfaction_index": {"index": "10.50", "answered_at": "2026-03-05T12:00:00Z"},
    "settlement_withdrawn": {"points": 50, "withdrawn_at": "2026-03-08T12:00:00Z"},
}


async def open_file(client) -> None:
    opened = await client.post(
        "/v1/customers",
        json={"id": str(ANN), "kind": "person", "names": [{"name": "Ann"}], "phones": [{"number": PHONE}]},
    )
    assert opened.status_code == 201, opened.text


async def shown(client, headers=None) -> dict[str, Any]:
    overview = (await client.get(f"/v1/customers/{ANN}/overview", headers=headers)).json()
    return {name: overview[name] for name in NAMES}


async def pop(client) -> dict[str, Any]:
    match: dict[str, Any] = (await client.get("/v1/calls/pop", params={"number": PHONE})).json()["matches"][0]
    return match


async def test_T8_T11_T16_a_key_account_is_shown_with_its_risks_and_its_stage_until_it_is_excluded(client, database):
    await open_file(client)
    assert await shown(client) == dict.fromkeys(NAMES) | {"risks": []}
    await harness.deliver(database, subscriptions, LIFE[:9])
    seen = await shown(client)
    assert seen["key_account"] == {"kinds": ["group"], "since": "2026-03-04T12:00:00Z"}
    assert seen["exclusion"] is None
    assert [risk["risk"] for risk in seen["risks"]] == ["churn", "finance"]
    assert seen["life_stage"] == {"stage": "retain", "since": "2026-03-01T12:00:00Z", "relationship": None}
    ringing = await pop(client)
    assert {name: ringing[name] for name in NAMES} == seen
    alerts = [(alert["code"], alert["en"], alert["zh"]) for alert in ringing["alerts"]]
    assert alerts == [
        ("key_account", "group key account", "集团型关键客户"),
        ("risk", "risk of leaving", "流失风险"),
        ("risk", "financial risk", "财务风险"),
    ]
    await harness.deliver(database, subscriptions, LIFE[9:])
    assert await shown(client) == AT_THE_END
    ringing = await pop(client)
    assert [(alert["code"], alert["weight"]) for alert in ringing["alerts"]] == [
        ("excluded", "high"), ("risk", "normal"), ("gone_quiet", "normal"),
    ]  # fmt: skip
    assert ringing["advice"][0]["code"] == "take_no_order"
    over = CustomerExclusionEnded(customer_id=ANN, class_id=EXCLUSION, ended_at=at(12))
    await harness.deliver(database, subscriptions, [over, answered(12, "80", "60")])
    assert (await shown(client))["exclusion"] is None
    assert "expected_more" in [alert["code"] for alert in (await pop(client))["alerts"]]


async def test_L2_points_that_were_taken_back_are_told_while_they_may_be_asked_about(client, database):
    await open_file(client)
    long_ago = withdrawn(30, 0)
    await harness.deliver(database, subscriptions, [long_ago])
    assert (await pop(client))["settlement_withdrawn"]["points"] == 30
    assert "settlement_withdrawn" not in [alert["code"] for alert in (await pop(client))["alerts"]]
    lately = long_ago.model_copy(update={"points": 50, "withdrawn_at": database.clock() - timedelta(days=3)})
    await harness.deliver(database, subscriptions, [lately])
    [alert] = [alert for alert in (await pop(client))["alerts"] if alert["code"] == "settlement_withdrawn"]
    assert (alert["weight"], alert["en"]) == ("normal", "50 points of a settlement were taken back")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(LIFE)), max_size=6))
async def test_T8_T11_T16_any_split_into_batches_gives_the_same(client, database, cuts):
    await database.run(lambda tx: tx.raw.execute("truncate customer, overview, stream_seen cascade"))
    await open_file(client)
    edges = [0, *sorted(cuts), len(LIFE)]
    for begin, end in itertools.pairwise(edges):
        if LIFE[begin:end]:
            await harness.deliver(database, subscriptions, LIFE[begin:end])
    assert await shown(client) == AT_THE_END


async def test_T8_partners_are_not_told_what_is_found_of_their_customers(client, database, as_role):
    partner = new_id()
    registered = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{partner}", registered_at=START)
    await harness.deliver(database, subscriptions, [registered, *LIFE])
    theirs = await shown(client, as_role("partner", partner_id=partner))
    assert theirs == dict.fromkeys(NAMES) | {"risks": []}
