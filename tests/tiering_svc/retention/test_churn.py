"""T13: retention and churn, cohorts, lost customers and what they brought, costs."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.rule_sets import OnlyRuleSet

SERVICE = "tiering"
ANN, BOB, EVE, DAN = (UUID(int=n) for n in range(1, 5))


def at(month: int, day: int = 10, year: int = 2025) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


async def deliver(database, *events, **more):
    return await harness.deliver(database, subscriptions, events, **more)


async def ask(client, path="", **query):
    answer = await client.get(f"/v1/retention{path}", params={name.rstrip("_"): v for name, v in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_T13_retention_is_who_of_the_period_before_is_active_in_this_one(client, database):
    await deliver(
        database, placed(ANN, at(1), "10"), placed(BOB, at(1), "10"), placed(EVE, at(1), "10"),
        placed(ANN, at(2), "10"), placed(DAN, at(2), "10"), placed(BOB, at(3), "10"), placed(DAN, at(3), "10"),
    )  # fmt: skip
    gone = placed(EVE, at(2), "10")
    await deliver(database, gone, returned(gone, at(2, 12)))  # nothing is left of it: EVE was not active in February
    answer = await ask(client, from_="2025-01", to="2025-04", as_of=at(4, 20).isoformat())
    rows = [
        (p["period"], p["base"], p["retained"], p["churned"], p["new"], p["back"], p["retention_rate"], p["churn_rate"])
        for p in answer["periods"]
    ]
    assert rows == [
        ("2025-01", 0, 0, 0, 3, 0, None, None),
        ("2025-02", 3, 1, 2, 1, 0, "0.3333", "0.6667"),
        ("2025-03", 2, 1, 1, 0, 1, "0.5", "0.5"),
        ("2025-04", 2, 0, 2, 0, 0, "0", "1"),
    ]
    assert [p["complete"] for p in answer["periods"]] == [True, True, True, False]
    quarters = (await ask(client, from_="2025-02", to="2025-06", by="quarter", as_of=at(7).isoformat()))["periods"]
    assert [(q["period"], q["base"], q["retained"], q["new"]) for q in quarters] == [
        ("2025-01", 0, 0, 4), ("2025-04", 4, 0, 0)
    ]  # fmt: skip


async def test_T13_retention_of_a_tier_is_of_those_who_stood_in_it_when_the_period_began(client, database):
    await deliver(database, placed(ANN, at(1), "900"), placed(BOB, at(1), "10"), placed(ANN, at(2), "10"))
    silver = (await ask(client, from_="2025-02", to="2025-02", tier="silver", as_of=at(3).isoformat()))["periods"]
    assert [(p["base"], p["retained"]) for p in silver] == [(1, 1)]
    basic = (await ask(client, from_="2025-02", to="2025-02", tier="basic", as_of=at(3).isoformat()))["periods"]
    assert [(p["base"], p["retained"], p["retention_rate"]) for p in basic] == [(1, 0, "0")]


async def test_T13_cohorts_show_the_share_that_is_still_active(client, database):
    await deliver(
        database, placed(ANN, at(1), "10"), placed(BOB, at(1, 20), "30"), placed(ANN, at(3), "5"),
        placed(EVE, at(2), "7"), placed(EVE, at(3), "8"),
    )  # fmt: skip
    cohorts = (await ask(client, "/cohorts", from_="2025-01", to="2025-03", as_of=at(3, 31).isoformat()))["cohorts"]
    assert [(c["cohort"], c["customers"], [m["share"] for m in c["months"]]) for c in cohorts] == [
        ("2025-01", 2, ["1", "0", "0.5"]), ("2025-02", 1, ["1", "1"])
    ]  # fmt: skip
    assert [m["amount"] for m in cohorts[0]["months"]] == ["40.00", "0.00", "5.00"]


async def test_T13_lost_is_silent_for_longer_than_own_cycles_and_days(client, database):
    often = [placed(ANN, at(1) + timedelta(days=50 * n), "10", cost="4") for n in range(4)]  # cycle 50: limit 150
    weekly = [placed(BOB, at(1) + timedelta(days=7 * n), "20") for n in range(5)]  # cycle 7: limit 90
    once = placed(EVE, at(6), "99", cost="90")  # no cycle: limit 90
    await deliver(database, *often, *weekly, once)
    last = often[-1].placed_at
    lost = await ask(client, "/lost", as_of=(last + timedelta(days=149)).isoformat())
    assert {customer["customer_id"] for customer in lost["items"]} == {str(BOB), str(EVE)}
    lost = await ask(client, "/lost", as_of=(last + timedelta(days=150)).isoformat())
    assert [(c["customer_id"], c["cycle_days"], c["limit_days"], c["amount"]) for c in lost["items"]] == [
        (str(BOB), "7", "90", "100.00"), (str(EVE), None, "90", "99.00"), (str(ANN), "50", "150", "40.00")
    ]  # fmt: skip
    assert datetime.fromisoformat(lost["items"][2]["lost_at"]) == last + timedelta(days=150)
    assert [customer["profit_lost"] for customer in lost["items"]] == [
        None,
        "9.00",
        "24.00",
    ]  # BOB's costs are not known
    assert lost["totals"] == {
        "customers": 3, "amount": "239.00", "profit_lost": "33.00", "profit_known_for": "139.00", "profit_unknown": 1
    }  # fmt: skip
    assert "own cycle 50 days" in lost["items"][2]["words"]
    assert "no cycle of its own" in lost["items"][1]["words"]
    zh = await ask(client, "/lost", lang="zh", as_of=at(12).isoformat())
    assert "视为流失" in zh["items"][0]["words"]
    only = await ask(client, "/lost", as_of=at(12).isoformat(), since=(last + timedelta(days=140)).isoformat())
    assert [customer["customer_id"] for customer in only["items"]] == [str(ANN)]
    first = await ask(client, "/lost", as_of=at(12).isoformat(), limit=2)
    second = await ask(client, "/lost", as_of=at(12).isoformat(), limit=2, cursor=first["next"])
    assert [customer["customer_id"] for customer in [*first["items"], *second["items"]]] == [
        str(BOB),
        str(EVE),
        str(ANN),
    ]
    assert second["totals"] == first["totals"] == lost["totals"]


async def test_T13_who_buys_again_is_not_lost_any_more_and_a_returned_order_does_not_count(client, database):
    await deliver(database, placed(ANN, at(1), "10"))
    again = placed(ANN, at(5), "10")
    await deliver(database, again)
    assert (await ask(client, "/lost", as_of=at(6).isoformat()))["items"] == []
    assert len((await ask(client, "/lost", as_of=at(5, 9).isoformat()))["items"]) == 1  # as of then it was
    await deliver(database, returned(again, at(5, 12)))
    assert len((await ask(client, "/lost", as_of=at(6).isoformat()))["items"]) == 1


async def test_T13_as_known_then_leaves_out_what_came_later(client, database):
    first, second = placed(ANN, at(1), "10"), placed(ANN, at(2), "10")
    await deliver(database, first, recorded_at=at(1))
    await deliver(database, second, recorded_at=at(6))  # reported four months late
    await deliver(database, returned(first, at(3)), recorded_at=at(7))

    async def periods(known_at):
        query = {"from_": "2025-01", "to": "2025-02", "as_of": at(4).isoformat(), "known_at": known_at.isoformat()}
        return [(p["base"], p["retained"], p["new"]) for p in (await ask(client, **query))["periods"]]

    assert await periods(at(5)) == [(0, 0, 1), (1, 0, 0)]
    assert await periods(at(6, 15)) == [(0, 0, 1), (1, 1, 0)]
    assert await periods(at(8)) == [(0, 0, 0), (0, 0, 1)]
    assert [c["cohort"] for c in (await ask(client, "/cohorts", from_="2025-01", to="2025-12"))["cohorts"]] == [
        "2025-02"
    ]
    early = await ask(client, "/lost", as_of=at(4, 25).isoformat(), known_at=at(5).isoformat())
    late = await ask(client, "/lost", as_of=at(4, 25).isoformat())
    assert (len(early["items"]), len(late["items"])) == (1, 0)


async def test_T13_cost_to_win_against_cost_to_keep(client, database, as_role):
    await deliver(
        database, placed(ANN, at(1), "10"), placed(BOB, at(1), "10"), placed(ANN, at(2), "10"), placed(EVE, at(2), "5"),
        placed(BOB, at(2), "7"),
    )  # fmt: skip
    for purpose, channel, amount in (
        ("win", "ads", "400"),
        ("win", "ads", "300"),
        ("win", "fair", "100"),
        ("keep", "visits", "80"),
    ):
        body = {"month": "2025-02", "purpose": purpose, "channel": channel, "amount": amount}
        assert (await client.post("/v1/retention/costs", json=body, headers=as_role("manager"))).status_code == 201
    query = {"from_": "2025-01", "to": "2025-02", "as_of": at(3).isoformat()}
    january, february = (await ask(client, **query))["periods"]
    assert (january["cost_to_win"], january["cost_to_keep"], january["win_to_keep"]) == (None, None, None)
    # the second word on advertising replaced the first: 400 for one new customer, 80 for two that stayed
    assert (february["cost_to_win"], february["cost_to_keep"], february["win_to_keep"]) == ("400.00", "40.00", "10")
    kept = (await ask(client, "/costs", from_="2025-01", to="2025-12"))["items"]
    assert [(c["purpose"], c["channel"], c["amount"]) for c in kept] == [
        ("keep", "visits", "80.00"), ("win", "ads", "300.00"), ("win", "fair", "100.00")
    ]  # fmt: skip
    of_tier = (await ask(client, **query, tier="basic"))["periods"]
    assert all(period["cost_to_win"] is None for period in of_tier)  # costs are not known by tier
    assert (await client.post("/v1/retention/costs", json={}, headers=as_role("agent"))).status_code == 403


async def test_T13_the_rule_is_data_in_versions_put_in_force_by_another_person(client, database, as_role):
    placed_at = datetime.now(UTC) - timedelta(days=30)
    await deliver(database, placed(ANN, placed_at, "10"))
    churn_rules = OnlyRuleSet(client, "/v1/churn-rules")
    rules = await churn_rules.show()
    assert (rules["version"], rules["status"], rules["document"]["lost"]) == (
        1,
        "active",
        {"cycles": "3", "days": 90},
    )
    stricter = {"dormant": {"cycles": "1", "days": 5}, "lost": {"cycles": "1.5", "days": 20}}
    draft = (await churn_rules.write(stricter, headers=as_role("admin", subject="a"))).json()
    assert (draft["version"], draft["status"]) == (2, "draft")
    before = datetime.now(UTC).isoformat()
    assert (await ask(client, "/lost"))["items"] == []
    own = await churn_rules.activate(2, headers=as_role("admin", subject="a"))
    assert (own.status_code, own.json()["code"]) == (403, "own_rule_set")
    head = as_role("head", subject="b")
    assert (await churn_rules.activate(2, headers=head)).json()["status"] == "active"
    assert (await churn_rules.activate(2, headers=head)).json()["code"] == "already_active"
    lost = await ask(client, "/lost")
    assert (len(lost["items"]), lost["rule"]) == (1, {"version": 2, "cycles": "1.5", "days": 20})
    stage = (await client.get(f"/v1/customers/{ANN}/stage")).json()["stage"]
    assert (stage["code"], stage["reasons"]["days"]) == ("lost", 20)  # though its first order is 30 days ago
    # as of an instant before, the version that was in force then says who was lost
    earlier = await ask(client, "/lost", as_of=before)
    assert (earlier["items"], earlier["rule"]["version"]) == ([], 1)
    assert (await client.get(f"/v1/customers/{ANN}/stage", params={"as_of": before})).json()["stage"][
        "code"
    ] == "acquire"
    versions = (await churn_rules.show())["versions"]
    assert [(version["version"], version["status"]) for version in versions] == [(2, "active"), (1, "retired")]


@pytest.mark.parametrize(
    ("lost", "code", "pointer"),
    [
        ({"cycles": "-1", "days": 90}, "out_of_range", "/lost/cycles"),
        ({"cycles": "101", "days": 90}, "out_of_range", "/lost/cycles"),
        ({"cycles": "3", "days": 0}, "out_of_range", "/lost/days"),
        ({"cycles": "3", "days": 29}, "lost_before_dormant", "/lost/days"),
        ({"cycles": "1.9", "days": 90}, "lost_before_dormant", "/lost/cycles"),
    ],
)
async def test_T13_bad_rules_are_refused_at_the_field(client, lost, code, pointer):
    answer = await OnlyRuleSet(client, "/v1/churn-rules").write({"dormant": {"cycles": "2", "days": 30}, "lost": lost})
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (code, f"/document{pointer}")


async def test_T13_bad_questions_are_refused(client, as_role):
    for path, query, code in (
        ("", {"from": "2025-05", "to": "2025-01"}, "range_reversed"), ("", {"from": "1990-01"}, "range_too_long"),
        ("", {"from": "2025-13"}, "invalid"), ("", {"by": "week"}, "invalid"), ("/cohorts", {"to": "x"}, "invalid"),
        ("/lost", {"cursor": "x"}, "invalid_cursor"), ("/lost", {"as_of": "2150-01-01T00:00:00Z"}, "in_the_future"),
        ("/lost", {"lang": "fr"}, "invalid"),
    ):  # fmt: skip
        answer = await client.get(f"/v1/retention{path}", params=query)
        assert answer.status_code == 422, answer.text
        assert code == "invalid" or answer.json()["code"] == code
    partner = as_role("partner", partner_id=new_id())
    for path in (
        "/v1/retention",
        "/v1/retention/cohorts",
        "/v1/retention/lost",
        "/v1/retention/costs",
        "/v1/churn-rules",
    ):
        assert (await client.get(path, headers=partner)).status_code == 404
    cost = {"month": "2025-02", "purpose": "win", "channel": "ads", "amount": "-4"}
    assert (await client.post("/v1/retention/costs", json=cost)).status_code == 422
