"""Warnings about classes of customers and product lines (T12): their series, rules, sweeps and life."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from services.tiering_svc import migrations
from services.tiering_svc.monitoring.domain.class_defaults import DEFAULT_CLASS_RULES, IN_FORCE
from services.tiering_svc.monitoring.domain.class_rules import BuyersDown, ClassDetector, ClassSeries
from services.tiering_svc.monitoring.domain.detectors import ThresholdStep
from services.tiering_svc.monitoring.domain.monthly_series import MonthSums
from services.tiering_svc.monitoring.domain.warning_rules import read_rule
from services.tiering_svc.monitoring.handlers.class_sweeps import request_due_class_sweep
from services.tiering_svc.monitoring.repository.class_series import load_class_series
from services.tiering_svc.subscriptions import subscriptions
from shared.errors import DomainError
from shared.events import (
    ClassWarningClosed,
    ClassWarningEscalated,
    ClassWarningRaised,
    CustomerTraitsChanged,
    Event,
    OrderPlaced,
    TeamMemberAssigned,
)
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
JULY = datetime(2025, 7, 3, tzinfo=UTC)
STEPS = (ThresholdStep("yellow", Decimal(15)), ThresholdStep("red", Decimal(20)))
RULE = {
    "kind": "revenue_down", "subject": "class", "dimension": "region", "recent_months": 1, "baseline_months": 3,
    "thresholds": [{"severity": "yellow", "at_least": "15"}, {"severity": "red", "at_least": "40"}],
}  # fmt: skip


def read(document: dict[str, Any]):
    return read_rule(document, rule_id=UUID(int=1), version=1, names={"en": "x", "zh": "x"})


def series_of(buyers: dict[int, int], **more: Any) -> ClassSeries:
    months = {date(2025, month, 1): count for month, count in buyers.items()}
    sums = {month: MonthSums(count, Decimal(count), JULY, JULY) for month, count in months.items()}
    return ClassSeries(JULY, JULY.date(), date(2025, 7, 1), sums, JULY, min(months), buyers=months, **more)


def test_T12_buyers_down_by_example():
    detector = BuyersDown(1, 3, STEPS)
    for june, severity, fall in ((90, None, "10.0"), (85, "yellow", "15.0"), (80, "red", "20.0"), (110, None, "-10.0")):
        finding = detector.detect(series_of({2: 100, 3: 90, 4: 100, 5: 110, 6: june}))
        assert finding is not None
        assert (finding.severity, str(finding.evidence["fall_percent"])) == (severity, fall)
    assert detector.detect(series_of({3: 90, 4: 100, 5: 110, 6: 10})) is None  # not older than its baseline


def test_T12_a_small_class_says_nothing_and_late_months_are_said():
    rule = ClassDetector("class", "tier", 5, BuyersDown(1, 3, STEPS))
    buyers = {2: 100, 3: 90, 4: 100, 5: 110, 6: 50}
    late = frozenset({date(2025, 2, 1), date(2025, 4, 1)})
    assert rule.detect(series_of(buyers, members=4, backfilled=late)) is None
    finding = rule.detect(series_of(buyers, members=5, backfilled=late))
    assert finding is not None
    assert (finding.evidence["backfilled"], finding.evidence["customers"]) == (["2025-04"], 5)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"subject": "planet"}, "unknown_subject", "/document/subject"),
        ({"dimension": "shoe_size"}, "unknown_dimension", "/document/dimension"),
        ({"dimension": None}, "missing", "/document/dimension"),
        ({"subject": "product_line"}, "not_of_this_kind", "/document/dimension"),
        ({"kind": "silent"}, "not_of_classes", "/document/kind"),
        ({"subject": None, "dimension": None, "kind": "buyers_down"}, "unknown_kind", "/document/kind"),
        ({"subject": "customer"}, "not_of_this_kind", "/document/dimension"),
        ({"cause": "silent"}, "cause_of_another_kind", "/document/cause"),
        ({"least_customers": 0}, "out_of_range", "/document/least_customers"),
    ],
)
def test_T12_a_rule_about_classes_that_makes_no_sense_is_refused_at_its_field(changes, code, pointer):
    with pytest.raises(DomainError) as refused:
        read(RULE | changes)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_T12_the_shipped_rules_about_classes_are_those_of_the_migration():
    path = Path(migrations.__path__[0]) / "versions" / "2026_11_28_first_tables.json"
    stored = {entry["id"]: entry for entry in json.loads(path.read_text())["rule_sets"]}
    for default in DEFAULT_CLASS_RULES:
        entry = stored[str(default.rule_id)]
        assert (entry["document"], entry["name"]) == (default.document, default.names)
        assert entry["slot"] == read(default.document).cause
        assert entry["status"] == ("active" if default.rule_id in IN_FORCE else "draft")


def buys(customer: int, month: int, amount: str) -> OrderPlaced:
    return placed(UUID(int=customer), datetime(2025, month, 10, 12, tzinfo=UTC), amount)


def lives_in(customer: int, region: str) -> CustomerTraitsChanged:
    return CustomerTraitsChanged(
        customer_id=UUID(int=customer), kind="person", region=region, completeness=50,
        changed_at=datetime(2025, 1, 1, tzinfo=UTC),
    )  # fmt: skip


async def rule_in_force(client, as_role, document: dict[str, Any]) -> str:
    body = {"name": {"en": "North", "zh": "北方"}, "document": document}
    written = await client.post("/v1/warning-rules", json=body)
    assert written.status_code == 201, written.text
    rule_id: str = written.json()["id"]
    active = await client.post(f"/v1/warning-rules/{rule_id}/activation", headers=as_role("head", subject="head-2"))
    assert active.status_code == 200, active.text
    return rule_id


async def swept(client, database, as_of: datetime) -> None:
    answer = await client.post("/v1/warnings/runs", json={"as_of": as_of.isoformat()})
    assert answer.status_code == 202, answer.text
    await to_the_end(database, "warning_sweep")
    await database.run(request_due_class_sweep)
    await database.run(request_due_class_sweep)  # once, however often it is looked for
    await to_the_end(database, "class_sweep")


async def listed(client, **wanted: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/warnings", params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_T12_a_class_is_warned_of_once_worsens_in_place_and_closes(client, database, as_role, announced):
    await rule_in_force(client, as_role, RULE | {"cause": "north_down"})
    events: list[Event] = [lives_in(1, "north"), lives_in(2, "north"), lives_in(3, "south")]
    events += [buys(customer, month, "300") for month in range(1, 7) for customer in (1, 3)]
    events += [buys(2, month, "100") for month in range(1, 6)]  # in June a quarter of the north is missing
    await harness.deliver(database, subscriptions, events, recorded_at=datetime(2025, 9, 1, tzinfo=UTC))
    await swept(client, database, datetime(2025, 7, 3, tzinfo=UTC))
    [warning] = await listed(client, cause="north_down")
    assert warning["subject"] == {"kind": "class", "dimension": "region", "code": "north"}
    assert (warning["severity"], warning["customer_id"], warning["state"]) == ("yellow", None, "open")
    assert warning["words"]["en"].startswith("Region north: Revenue in 2025-06 was")
    assert warning["words"]["zh"].startswith("地区north：2025-06日均收入")
    assert warning["words"]["en"].endswith(
        "Recorded long afterwards, so less sure: 2025-03, 2025-04, 2025-05, 2025-06."
    )
    assert warning["words"]["zh"].endswith("可信度较低：2025-03、2025-04、2025-05、2025-06。")
    assert warning["evidence"]["customers"] == 2
    await swept(client, database, datetime(2025, 7, 9, tzinfo=UTC))
    assert [item["id"] for item in await listed(client, cause="north_down")] == [warning["id"]]
    await harness.deliver(database, subscriptions, [buys(1, 7, "50"), buys(3, 7, "300")])
    await swept(client, database, datetime(2025, 8, 2, tzinfo=UTC))
    [worse] = await listed(client, subject_kind="class", dimension="region", subject="north", cause="north_down")
    assert (worse["id"], worse["severity"]) == (warning["id"], "red")
    url = f"/v1/warnings/{warning['id']}"
    assert (await client.post(f"{url}/acknowledgement")).json()["state"] == "acknowledged"
    assert (await client.post(f"{url}/steps", json={"step": "call"})).json()["state"] == "worked"
    await harness.deliver(database, subscriptions, [buys(1, 8, "900"), buys(3, 8, "300")])
    await swept(client, database, datetime(2025, 9, 2, tzinfo=UTC))
    whole = (await client.get(url)).json()
    assert (whole["state"], whole["closing"], whole["lasting"]) == ("closed", "cause_gone", False)
    assert [change["kind"] for change in whole["changes"]] == ["raised", "escalated", "acknowledged", "step", "closed"]
    assert whole["responsible"] == []
    life = [
        event
        for event in await announced()
        if isinstance(event, ClassWarningRaised | ClassWarningEscalated | ClassWarningClosed)
        and event.cause == "north_down"
    ]
    assert [type(event) for event in life] == [ClassWarningRaised, ClassWarningEscalated, ClassWarningClosed]
    assert {(event.subject_kind, event.dimension, event.subject_code) for event in life} == {
        ("class", "region", "north")
    }


async def test_T12_a_person_closes_a_class_and_a_retired_rule_ends_the_rest(client, database, as_role, announced):
    rule_id = await rule_in_force(client, as_role, RULE | {"cause": "regions"})
    events: list[Event] = [lives_in(1, "north"), lives_in(2, "south")]
    events += [buys(customer, month, "300") for month in range(1, 6) for customer in (1, 2)]
    await harness.deliver(database, subscriptions, events)
    await swept(client, database, JULY)
    north, south = sorted(await listed(client, cause="regions"), key=lambda warning: warning["subject"]["code"])
    url = f"/v1/warnings/{north['id']}"
    await client.post(f"{url}/acknowledgement")
    assert (await client.post(f"{url}/closing", json={"reason": "explained"})).json()["lasting"] is True
    refused = await client.post(
        f"/v1/warning-rules/{rule_id}/back-tests", json={"from": "2025-03", "to": "2025-04", "horizon_months": 1}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_of_classes")
    for who in ("head-1", "head-2"):
        await client.post(f"/v1/warning-rules/{rule_id}/retirement", headers=as_role("head", subject=who))
    await swept(client, database, JULY + timedelta(days=1))
    ended = {warning["id"]: warning for warning in await listed(client, cause="regions")}
    assert (ended[south["id"]]["state"], ended[south["id"]]["closing"]) == ("closed", "rule_retired")
    assert (ended[north["id"]]["closing"], ended[north["id"]]["lasting"]) == ("explained", False)
    closed = [event for event in await announced() if isinstance(event, ClassWarningClosed)]
    assert {event.closing for event in closed if event.cause == "regions"} == {"explained", "rule_retired"}


async def test_T12_a_managers_customers_are_the_managers_warning(client, database, as_role):
    await rule_in_force(client, as_role, RULE | {"cause": "portfolio", "dimension": "manager"})
    assigned = TeamMemberAssigned(
        customer_id=UUID(int=1), assignment_id=new_id(), employee_id="E-1", role="account_manager",
        assigned_at=datetime(2025, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    await harness.deliver(database, subscriptions, [assigned, *(buys(1, month, "300") for month in range(1, 6))])
    await swept(client, database, JULY)
    [warning] = await listed(client, cause="portfolio", owner="E-1")
    assert (warning["owner"], warning["manager"], warning["subject"]["code"]) == ("E-1", "E-1", "E-1")
    assert await listed(client, cause="portfolio", owner="E-2") == []
    then = (await client.get(f"/v1/warnings/{warning['id']}/responsible")).json()
    assert (then["manager"], then["deputy"], then["owner"]) == ("E-1", None, "E-1")


def by_month(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    month = frame["placed_at"].dt.strftime("%Y-%m")
    return frame.assign(month=month).groupby([by, "month"]).agg(amount=("amount", "sum"))


async def test_T12_series_of_product_lines_equal_counting_by_hand(real_year, real_year_copy):
    """Pandas: of each line what is left of it, by category and month of the order; who has a piece of it left."""
    as_of = datetime(2017, 10, 1, tzinfo=UTC)
    lines = real_year.lines
    returns = real_year.returns.groupby(["order", "line"]).agg(back=("quantity", "sum"), less=("amount", "sum"))
    lines = lines.join(returns, on=["order", "line"])
    lines["pieces"] = lines["quantity"] - lines["back"].fillna(0)
    lines["left"] = lines["amount"] - lines["less"].map(lambda less: Decimal(0) if pd.isna(less) else less)
    lines = lines[lines["placed_at"] < as_of]
    lines["month"] = pd.to_datetime(lines["placed_at"]).dt.strftime("%Y-%m-01")
    bought = lines.groupby(["category", "month", "customer"])[["pieces", "left"]].sum()
    bought = bought[bought["pieces"] > 0]
    expected = {key: (group["left"].sum(), len(group)) for key, group in bought.groupby(level=["category", "month"])}
    series = await real_year_copy.run(
        lambda tx: load_class_series(tx, "product_line", "category", as_of, ZoneInfo("UTC"), 4)
    )
    loaded = {
        (category, month.isoformat()): (sums.amount, of.buyers[month])
        for category, of in series.items()
        for month, sums in of.months.items()
    }
    assert loaded == expected
    assert len(loaded) > 150
    assert not any(of.backfilled for of in series.values())  # each order was recorded when it happened


async def test_T12_series_of_tiers_equal_counting_by_hand(real_year, real_year_copy):
    as_of = datetime(2017, 10, 1, tzinfo=UTC)
    rows = await real_year_copy.run(
        lambda tx: tx.raw.fetch(
            """select customer_id, tier from tier_history where superseded_at is null and lower(effective) <= $1
               and (upper(effective) is null or upper(effective) > $1)""",
            as_of,
        )
    )
    tiers = {row["customer_id"]: row["tier"] for row in rows}
    months = await real_year_copy.run(
        lambda tx: tx.raw.fetch("select customer_id, month, amount from indicator_month where orders > 0")
    )
    frame = pd.DataFrame([tuple(row) for row in months], columns=["customer", "month", "amount"])
    frame = frame[frame["month"] < as_of.date()]
    frame["tier"] = frame["customer"].map(tiers)
    grouped = frame.groupby(["tier", "month"])["amount"]
    expected = {
        key: (amount, count) for (key, amount), count in zip(grouped.sum().items(), grouped.size(), strict=True)
    }
    series = await real_year_copy.run(lambda tx: load_class_series(tx, "class", "tier", as_of, ZoneInfo("UTC"), 4))
    loaded = {
        (tier, month): (sums.amount, of.buyers[month])
        for tier, of in series.items()
        for month, sums in of.months.items()
    }
    assert loaded == expected
    sizes = pd.Series(tiers).value_counts().to_dict()
    assert {tier: of.members for tier, of in series.items()} == sizes
