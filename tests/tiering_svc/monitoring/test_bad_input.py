"""Warning rules, back-tests and steps that make no sense (T12): refused at the field, never a 500, nothing changed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tiering_svc.monitoring.domain.class_defaults import DEFAULT_CLASS_RULES
from services.tiering_svc.monitoring.domain.defaults import DEFAULT_WARNING_RULES
from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
DOWN = {
    "kind": "revenue_down", "recent_months": 1, "baseline_months": 3,
    "thresholds": [{"severity": "yellow", "at_least": "15"}, {"severity": "red", "at_least": "20"}],
}  # fmt: skip
NAMES = {"en": "Test", "zh": "测试"}
SILENT = next(rule.rule_id for rule in DEFAULT_WARNING_RULES if rule.document["kind"] == "silent")


def steps(*steps: tuple[str, str]) -> dict[str, Any]:
    return {"thresholds": [{"severity": severity, "at_least": at_least} for severity, at_least in steps]}


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"recent_months": None}, "missing", "/document/recent_months"),
        ({"recent_months": 0}, "out_of_range", "/document/recent_months"),
        ({"baseline_months": 25}, "out_of_range", "/document/baseline_months"),
        ({"cycle_months": 3}, "not_of_this_kind", "/document/cycle_months"),
        ({"measure": "rate"}, "not_of_this_kind", "/document/measure"),
        (steps(), "no_thresholds", "/document/thresholds"),
        (steps(("red", "20"), ("yellow", "30")), "thresholds_not_ordered", "/document/thresholds/1/severity"),
        (steps(("yellow", "20"), ("yellow", "30")), "thresholds_not_ordered", "/document/thresholds/1/severity"),
        (steps(("yellow", "20"), ("red", "20")), "thresholds_overlap", "/document/thresholds/1/at_least"),
        (steps(("yellow", "101")), "out_of_range", "/document/thresholds/0/at_least"),
        (steps(("yellow", "0")), "out_of_range", "/document/thresholds/0/at_least"),
        ({"least_deviations": "1", "baseline_months": 1}, "baseline_too_short", "/document/baseline_months"),
        ({"least_baseline": "-1"}, "out_of_range", "/document/least_baseline"),
        ({"least_likelihood": "0"}, "out_of_range", "/document/least_likelihood"),
        ({"red_likelihood": "1.01"}, "out_of_range", "/document/red_likelihood"),
        ({"least_likelihood": "0.6", "red_likelihood": "0.5"}, "thresholds_not_ordered", "/document/red_likelihood"),
        (
            {"kind": "likely_loss", "recent_months": None, "baseline_months": None} | steps(("yellow", "1.1")),
            "out_of_range", "/document/thresholds/0/at_least",
        ),
        ({"kind": "likely_loss"} | steps(("yellow", "0.3")), "not_of_this_kind", "/document/recent_months"),
        ({"cause": "silent"}, "cause_of_another_kind", "/document/cause"),
        (
            {"kind": "falling", "recent_months": None, "baseline_months": None} | steps(("yellow", "1.5")),
            "not_whole", "/document/thresholds/0/at_least",
        ),
        (
            {"kind": "arrears", "recent_months": None, "baseline_months": None, "measure": "cases"},
            "unknown_measure", "/document/measure",
        ),
    ],
)  # fmt: skip
async def test_T12_a_rule_is_refused_at_its_field(client, change, code, pointer):
    document = {name: value for name, value in (DOWN | change).items() if value is not None}
    answer = await client.post("/v1/warning-rules", json={"name": NAMES, "document": document})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert len((await client.get("/v1/warning-rules")).json()["items"]) == len(DEFAULT_WARNING_RULES) + len(
        DEFAULT_CLASS_RULES
    )


async def test_T12_shapes_are_checked_before_anything_else(client):
    for document in (
        {},
        DOWN | {"kind": "x"},
        DOWN | {"more": 1},
        DOWN | {"recent_months": "1"},
        DOWN | steps(("x", "1")),
    ):
        answer = await client.post("/v1/warning-rules", json={"name": NAMES, "document": document})
        assert answer.status_code == 422, document


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"to": "2025-01"}, "ends_before_it_begins", "/to"),
        ({"from": "2015-01"}, "too_long", "/from"),
        ({"to": "2100-01", "from": "2099-01"}, "outcome_not_known_yet", "/to"),
        ({"outcome": {"fall_percent": "0"}}, "out_of_range", "/outcome/fall_percent"),
        ({"outcome": {"fall_percent": "101"}}, "out_of_range", "/outcome/fall_percent"),
        ({"outcome": {"least_baseline": "-1"}}, "out_of_range", "/outcome/least_baseline"),
    ],
)
async def test_T12_a_back_test_is_refused_at_its_field(client, change, code, pointer):
    url = f"/v1/warning-rules/{SILENT}/back-tests"
    answer = await client.post(url, json={"from": "2025-02", "to": "2025-06"} | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await client.get(url)).json()["items"] == []


async def test_T12_what_is_not_there_is_not_found(client):
    nobody = UUID(int=5)
    for path in (f"warnings/{nobody}", f"warning-runs/{nobody}", f"warning-rules/{SILENT}/back-tests/{nobody}"):
        assert (await client.get(f"/v1/{path}")).status_code == 404
    for path in (f"warnings/{nobody}/acknowledgement", f"warning-rules/{nobody}/retirement"):
        assert (await client.post(f"/v1/{path}")).status_code == 404
    body = {"from": "2025-02", "to": "2025-06"}
    assert (await client.post(f"/v1/warning-rules/{nobody}/back-tests", json=body)).status_code == 404
    assert (await client.post(f"/v1/warning-rules/{SILENT}/back-tests", json=body | {"version": 9})).status_code == 404
    assert (await client.post(f"/v1/warnings/{nobody}/steps", json={"step": "dance"})).status_code == 422


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8) | st.sampled_from(["15", "silent"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(DOWN)), inner, max_size=4),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_T12_no_rule_however_wrong_is_a_500(client, data):
    document = dict(DOWN) | data.draw(st.dictionaries(st.sampled_from([*DOWN, "cause", "least_fall"]), anything))
    answer = await client.post("/v1/warning-rules", json={"name": NAMES, "document": document})
    assert answer.status_code in (201, 422), answer.text


async def test_T12_a_day_before_all_days_breaks_nothing(client, database):
    """Windows reach back four years: a sweep of the year 1 would have to look before the calendar begins."""
    await harness.deliver(database, subscriptions, [placed(UUID(int=1), datetime(2025, 1, 1, tzinfo=UTC), "10")])
    for as_of in ("0001-01-01T00:00:00Z", "0003-06-01T00:00:00+14:00", "1600-01-01T00:00:00Z"):
        answer = await client.get(f"/v1/customers/{UUID(int=1)}/stage", params={"as_of": as_of})
        assert answer.status_code in (200, 422), as_of
        started = await client.post("/v1/warnings/runs", json={"as_of": as_of})
        assert started.status_code in (202, 422), as_of
    await to_the_end(database, "warning_sweep")
