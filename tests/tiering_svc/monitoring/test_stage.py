"""Stages (T11): by example, as of any instant, counted by sweeps with relationship types, by rules that are data."""

from collections import Counter
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import pandas as pd
import pytest

from services.tiering_svc.monitoring.domain.defaults import DEFAULT_STAGE_RULES
from services.tiering_svc.monitoring.domain.monthly_series import Margin, MonthlySeries, MonthSums
from services.tiering_svc.monitoring.domain.stage import stage_of
from services.tiering_svc.monitoring.domain.stage_rules import read_stage_rules
from services.tiering_svc.retention.domain.churn import OrderRhythm, read_churn_rules
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerTraitsChanged, TeamMemberAssigned
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.rule_sets import OnlyRuleSet
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
RULES = read_stage_rules(DEFAULT_STAGE_RULES).stage
CHURN = read_churn_rules({"dormant": {"days": 30, "cycles": "4"}, "lost": {"days": 90, "cycles": "8"}})
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)


def series_of(*days_and_amounts: tuple[int, int], margin: Margin | None = None) -> MonthlySeries:
    """The series of a customer with orders so many days ago, of so much."""
    placed = sorted((AS_OF - timedelta(days=days), Decimal(amount)) for days, amount in days_and_amounts)
    months: dict[date, list[tuple[datetime, Decimal]]] = {}
    for at, amount in placed:
        months.setdefault(at.date().replace(day=1), []).append((at, amount))
    sums = {
        month: MonthSums(len(orders), sum((amount for _, amount in orders), Decimal(0)), orders[0][0], orders[-1][0])
        for month, orders in months.items()
    }
    first = placed[0][0] if placed else None
    return MonthlySeries(
        AS_OF, AS_OF.date(), AS_OF.date(), sums, first, None if first is None else first.date().replace(day=1),
        margin=margin,
    )  # fmt: skip


def every(days: int, first: int, last: int, amount: int = 10) -> list[tuple[int, int]]:
    return [(ago, amount) for ago in range(first, last - 1, -days)]


def stage_in(series: MonthlySeries) -> str | None:
    """The stage of a series, by rules of which the orders of the example tell each stage apart."""
    months = series.months.values()
    rhythm = OrderRhythm(
        sum(sums.orders for sums in months), min(sums.first_at for sums in months),
        max(sums.last_at for sums in months),
    ) if months else None  # fmt: skip
    return stage_of(series, rhythm, RULES, CHURN).code


def test_T11_each_stage_by_example():
    cases: dict[str, list[MonthlySeries]] = {
        "acquire": [series_of(), series_of((59, 10)), series_of(*every(5, 50, 45))],
        "retain": [series_of(*every(10, 300, 5)), series_of((60, 10), (20, 10)), series_of(*every(10, 99, 39))],
        "expand": [
            series_of(*every(10, 300, 101), *every(10, 90, 1, 12)),
            series_of(*every(10, 300, 101), *every(10, 90, 1, 40)),
        ],
        "dormant": [series_of(*every(10, 300, 41)), series_of(*every(7, 300, 33))],
        "lost": [series_of(*every(10, 300, 95)), series_of((120, 10)), series_of((400, 10), (390, 10))],
    }
    for stage, examples in cases.items():
        for number, series in enumerate(examples):
            assert stage_in(series) == stage, (stage, number)


def test_T11_who_orders_rarely_is_not_dormant_before_its_own_cycle_says_so():
    quarterly = series_of(*every(90, 800, 80))
    assert stage_in(quarterly) in ("retain", "expand")
    assert stage_in(series_of(*every(90, 1400, 400))) == "dormant"  # four cycles, not eight


def changed(path: str, value: Any) -> dict[str, Any]:
    document = deepcopy(DEFAULT_STAGE_RULES)
    *steps, last = path.split("/")
    part = document
    for step in steps:
        part = part[step]
    part[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("stages/expand/recent_months", 0, "out_of_range"),
        ("stages/acquire/days", -1, "out_of_range"),
        ("relationships/customers/many_over", "5", "bands_overlap"),
        ("relationships/margin/high_from", "0.2", "bands_overlap"),
        ("relationships/margin/months", 25, "out_of_range"),
        ("relationships/types/many/high", "best friends", None),
        ("stages/expand/growth", 5, None),
    ],
)
async def test_T11_rules_that_make_no_sense_are_refused_at_the_field(client, path: str, value: Any, code: str | None):
    rules = OnlyRuleSet(client, "/v1/stage-rules")
    answer = await rules.write(changed(path, value))
    assert answer.status_code == 422
    if code is not None:
        assert (answer.json()["code"], [error["pointer"] for error in answer.json()["errors"]]) == (
            code,
            [f"/document/{path}"],
        )
    assert len((await rules.show())["versions"]) == 1


async def test_T11_rules_are_put_in_force_by_a_second_person(client, as_role):
    rules = OnlyRuleSet(client, "/v1/stage-rules")
    written = await rules.write(changed("stages/acquire/days", 5))
    assert (written.status_code, written.json()["status"]) == (201, "draft")
    version = written.json()["version"]
    assert (await rules.activate(version)).status_code == 403
    head = as_role("head", subject="head-2")
    assert (await rules.activate(version, headers=head)).status_code == 200
    assert (await rules.show())["document"]["stages"]["acquire"]["days"] == 5


def by_hand(lines: pd.DataFrame, returns: pd.DataFrame, as_of: datetime) -> Counter[str]:
    """The default stages of everybody, from the lines that were sent."""
    left = lines.groupby(["customer", "order", "placed_at"], as_index=False).agg(
        amount=("amount", "sum"), quantity=("quantity", "sum")
    )
    back = returns.groupby("order").agg(amount=("amount", "sum"), quantity=("quantity", "sum"))
    left["amount"] -= left["order"].map(back["amount"]).map(lambda amount: Decimal(0) if pd.isna(amount) else amount)
    left["quantity"] -= left["order"].map(back["quantity"]).fillna(0)
    left = left[(left["placed_at"] <= as_of) & (left["quantity"] > 0)]
    start = pd.Timestamp(as_of)
    edges = [start - pd.DateOffset(months=months) for months in (6, 3, 0)]
    counted: Counter[str] = Counter()
    for _, orders in left.groupby("customer"):
        placed_at = orders["placed_at"]
        first, last = placed_at.min(), placed_at.max()
        silence = (as_of - last).total_seconds() / 86_400
        cycle = (last - first).total_seconds() / 86_400 / (len(orders) - 1) if len(orders) > 1 else 0
        before, recent = (
            float(orders[(placed_at >= begin) & (placed_at < end)]["amount"].sum()) / (end - begin).days
            for begin, end in pairwise(edges)
        )
        known = first < edges[0].replace(day=1) and before > 0
        if silence >= 90 and silence >= 3 * cycle:
            counted["lost"] += 1
        elif (as_of - first).days < 60:
            counted["acquire"] += 1
        elif silence >= 30 and silence >= 2 * cycle:
            counted["dormant"] += 1
        else:
            counted["expand" if known and (recent - before) / before * 100 >= 15 else "retain"] += 1
    return counted


async def test_T11_the_population_by_stage_equals_counting_by_hand(real_year, real_year_copy, keys):
    as_of = datetime(2017, 10, 1, tzinfo=UTC)
    app = harness.app_of("tiering", real_year_copy, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        assert (await client.get("/v1/stages")).json()["code"] == "no_sweep_then"
        answer = await client.post("/v1/warnings/runs", json={"as_of": as_of.isoformat()})
        assert answer.status_code == 202
        await to_the_end(real_year_copy, "warning_sweep")
        counts = (await client.get("/v1/stages")).json()
        assert counts["customers"] == len(real_year.customers)
        expected = by_hand(real_year.lines, real_year.returns, as_of)
        expected["acquire"] += len(real_year.customers) - expected.total()  # those who had not ordered yet
        assert {row["stage"]: row["customers"] for row in counts["stages"]} == {
            stage: expected[stage] for stage in ("acquire", "expand", "retain", "dormant", "lost")
        }
        assert sum(sum(row["relationships"].values()) for row in counts["stages"]) == counts["customers"]
        by_customer: Counter[str] = Counter()
        for customer in real_year.customers[:25]:
            url = f"/v1/customers/{customer}/stage"
            then = (await client.get(url, params={"as_of": as_of.isoformat()})).json()
            by_customer[then["stage"]["code"]] += 1
            assert then["stage"]["words"]["en"].startswith(then["stage"]["name"]["en"])
            assert then["relationship"]["words"]["zh"].endswith("。")
        rows = await real_year_copy.run(
            lambda tx: tx.raw.fetch(
                "select stage from customer_stage where customer_id = any($1::uuid[])", real_year.customers[:25]
            )
        )
        assert by_customer == Counter(row["stage"] for row in rows)
        lost = (await client.get("/v1/retention/lost", params={"as_of": as_of.isoformat(), "limit": 200})).json()
        in_stage = await real_year_copy.run(
            lambda tx: tx.raw.fetch("select customer_id::text from customer_stage where stage = 'lost'")
        )
        assert {row[0] for row in in_stage} == {customer["customer_id"] for customer in lost["items"]}  # one rule
        earlier = (await client.get("/v1/stages", params={"as_of": "2017-09-01T00:00:00Z"})).json()
        assert earlier["code"] == "no_sweep_then"


async def test_T11_a_partner_sees_its_own_customers_stage_only(client, as_role):
    partner = as_role("partner", partner_id=new_id())
    assert (await client.get("/v1/stages", headers=partner)).status_code == 404
    assert (await client.get(f"/v1/customers/{UUID(int=7)}/stage", headers=partner)).status_code == 404
    assert (await client.get(f"/v1/customers/{UUID(int=7)}/stage")).json()["code"] == "customer_not_found"


async def test_T11_a_customers_stages_through_time_are_those_of_each_months_end(client, database):
    """Held against the stage asked for at each of these instants."""
    ann = UUID(int=1)
    orders = [placed(ann, datetime(2025, 1, 5, tzinfo=UTC) + timedelta(days=7 * week), "60") for week in range(20)]
    orders += [placed(ann, datetime(2025, 11, 3, tzinfo=UTC), "60")]
    await harness.deliver(database, subscriptions, orders)
    as_of = datetime(2025, 12, 10, tzinfo=UTC)
    url = f"/v1/customers/{ann}"
    answer = await client.get(f"{url}/stages", params={"as_of": as_of.isoformat(), "months": 13})
    assert answer.status_code == 200, answer.text
    periods = answer.json()["items"]
    ends = [datetime(2024 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(11, 24)]
    stages: list[str] = []
    for at in [*(end - timedelta(microseconds=1) for end in ends), as_of]:
        stage = (await client.get(f"{url}/stage", params={"as_of": at.isoformat()})).json()["stage"]
        [period] = [
            period
            for period in periods
            if datetime.fromisoformat(period["since"]) <= at
            and (period["until"] is None or at < datetime.fromisoformat(period["until"]))
        ]
        assert (period["stage"], period["name"]) == (stage["code"], stage["name"])
        stages += [stage["code"]] if stages[-1:] != [stage["code"]] else []
    assert [period["stage"] for period in periods] == stages
    assert stages == ["acquire", "retain", "dormant", "lost", "retain", "dormant"]
    assert (await client.get(f"{url}/stages", params={"months": 61})).status_code == 422
    nobody = await client.get(f"/v1/customers/{UUID(int=9)}/stages")
    assert nobody.json()["code"] == "customer_not_found"


async def test_T11_customers_are_listed_by_stage_ids_tier_region_and_owner(client, database, as_role):
    at = datetime(2025, 6, 1, tzinfo=UTC)
    ann, bob, cat = (UUID(int=number) for number in (1, 2, 3))
    await harness.deliver(
        database, subscriptions,
        [*(placed(ann, at - timedelta(days=days), "60") for days in range(100, 4, -5)),
         *(placed(bob, at - timedelta(days=days), "60") for days in range(300, 200, -5)),
         placed(cat, at - timedelta(days=10), "60"),
         CustomerTraitsChanged(customer_id=bob, kind="person", region="north", completeness=9, changed_at=at),
         TeamMemberAssigned(customer_id=bob, assignment_id=new_id(), employee_id="E-1", role="account_manager",
                            assigned_at=at)],
    )  # fmt: skip
    assert (await client.post("/v1/warnings/runs", json={"as_of": at.isoformat()})).status_code == 202
    await to_the_end(database, "warning_sweep")

    async def listed(**wanted: Any) -> list[tuple[str, str]]:
        answer = await client.get("/v1/stages/customers", params=wanted)
        assert answer.status_code == 200, answer.text
        return [(item["customer_id"], item["stage"]) for item in answer.json()["items"]]

    everybody = [(str(ann), "retain"), (str(bob), "lost"), (str(cat), "acquire")]
    assert await listed() == everybody
    assert await listed(stage="lost") == await listed(region="north") == await listed(owner="E-1") == everybody[1:2]
    assert await listed(ids=[str(ann), str(cat)]) == [everybody[0], everybody[2]]
    assert await listed(ids=[str(ann)], stage="lost") == []
    first = (await client.get("/v1/stages/customers", params={"limit": 2})).json()
    rest = (await client.get("/v1/stages/customers", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["customer_id"] for item in first["items"] + rest["items"]] == [id for id, _ in everybody]
    assert (await client.get("/v1/stages/customers", params={"stge": "lost"})).json()["nearest"] == "stage"
    partner = as_role("partner", partner_id=new_id())
    assert (await client.get("/v1/stages/customers", headers=partner)).status_code == 404
