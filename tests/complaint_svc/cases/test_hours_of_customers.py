"""By whose hours cases are worked, over HTTP: rules written, customers heard of, due dates explained (C3, K19)."""

from typing import Any
from uuid import uuid4

import pytest

from services.complaint_svc.calendars import handlers as calendars
from services.complaint_svc.settings import BusinessSettings
from services.complaint_svc.subscriptions import subscriptions
from shared.events import CustomersMerged
from shared.messaging import new_id
from tests.complaint_svc.calendars.wall_clock import DAYS
from tests.complaint_svc.case_builders import CUSTOMER, SHIPPED, utc
from tests.complaint_svc.case_requests import filed, lives_in, registered, tier
from tests.complaint_svc.rule_requests import change_rules

SERVICE = "complaint"

pytestmark = pytest.mark.usefixtures("sound")

ALWAYS = {day: ["00:00-24:00"] for day in DAYS}
EVENINGS = {day: ["12:00-20:00"] for day in DAYS[:5]}
TUESDAY = "2026-03-03T09:00:00Z"


async def explained(client: Any, case: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"/v1/complaints/{case['id']}/deadlines")
    assert answer.status_code == 200, answer.text
    deadlines: list[dict[str, Any]] = answer.json()["items"]
    return deadlines[0]


async def test_C3_a_case_is_due_by_the_hours_of_its_customers_region_and_says_so(
    client, as_role, database, deliver, announced
) -> None:
    await deliver(database, subscriptions, [registered(), lives_in("south")])
    special = [{"day": "2026-03-04", "working": False, "note": "carnival"}]
    other = {"region": "south", "opening_hours": EVENINGS, "holidays": "", "special_days": special}
    await change_rules(client, as_role, "calendar-rules", other_hours=[other])
    case = await filed(client, filed_at=TUESDAY)
    deadline = await explained(client, case)
    assert {name: deadline[name] for name in case["deadlines"][0]} == case["deadlines"][0]
    assert (deadline["tier"], deadline["region"], deadline["due_at"]) == (None, "south", "2026-03-03T16:00:00Z")
    assert deadline["pauses"] == []
    hours = deadline["hours"]
    assert (hours["tier"], hours["region"], hours["holidays"]) == (None, "south", "")
    assert (hours["calendar_rules_version"], hours["week"]["tue"]) == (2, ["12:00-20:00"])
    proposal = (await client.get(f"/v1/complaints/{case['id']}/deadlines")).json()["items"][1]
    assert [(day["day"], day["hours"], day["note"]) for day in proposal["hours"]["days"]] == [
        ("2026-03-03", ["12:00-20:00"], None), ("2026-03-04", [], "carnival"), ("2026-03-05", ["12:00-20:00"], None),
    ]  # fmt: skip
    [event] = [event for event in await announced() if event.type == "complaint.calendar_activated.v1"]
    [of_south] = event.other_hours
    assert (of_south.tier, of_south.region, of_south.holidays, of_south.no_holidays) == (None, "south", None, True)
    assert [day.hours for day in of_south.special_days] == [()]


async def test_K19_a_due_date_keeps_its_explanation_when_the_calendar_is_another_one(
    client, as_role, database, deliver
) -> None:
    await deliver(database, subscriptions, [registered(), lives_in("south")])
    await change_rules(client, as_role, "calendar-rules", other_hours=[{"region": "south", "opening_hours": EVENINGS}])
    case = await filed(client, filed_at=TUESDAY)
    before = await explained(client, case)
    await change_rules(client, as_role, "calendar-rules", other_hours=[{"region": "south", "opening_hours": ALWAYS}])
    assert (await explained(client, case))["hours"] == before["hours"]
    later = await explained(client, await filed(client, filed_at=TUESDAY))
    assert (later["hours"]["calendar_rules_version"], later["due_at"]) == (3, "2026-03-03T13:00:00Z")


async def test_K11_a_tier_that_is_heard_of_brings_its_hours(client, as_role, database, deliver) -> None:
    await deliver(database, subscriptions, [registered()])
    await change_rules(client, as_role, "calendar-rules", other_hours=[{"tier": "platinum", "opening_hours": ALWAYS}])
    case = await filed(client, severity="low")
    before = await explained(client, case)
    await deliver(database, subscriptions, [tier("platinum")])
    after = await explained(client, case)
    assert (after["tier"], after["hours"]["tier"]) == ("platinum", "platinum")
    assert after["due_at"] < before["due_at"]
    await deliver(database, subscriptions, [tier("silver")])
    assert await explained(client, case) | {"remaining_seconds": 0} == after | {"remaining_seconds": 0}


async def test_C3_a_pause_is_told_with_the_due_date_that_it_moved(client, known) -> None:
    case = await filed(client, filed_at=TUESDAY, steps_follow=True)
    for step, at in (("pause", "2026-03-03T10:00:00Z"), ("pause/end", "2026-03-03T11:00:00Z"),
                     ("pause", "2026-03-03T12:00:00Z")):  # fmt: skip
        await client.post(f"/v1/complaints/{case['id']}/{step}", json={"at": at})
    deadline = await explained(client, case)
    assert deadline["pauses"] == [
        {"from": "2026-03-03T10:00:00Z", "to": "2026-03-03T11:00:00Z"}, {"from": "2026-03-03T12:00:00Z", "to": None}
    ]  # fmt: skip
    assert deadline["due_at"] == "2026-03-03T14:00:00Z"


async def test_P12_a_customer_that_is_one_with_another_is_worked_by_the_hours_of_who_stands_for_it(
    client, as_role, database, deliver
) -> None:
    root = uuid4()
    merge = CustomersMerged(
        customer_id=root, merge_id=new_id(), root_id=root, absorbed_id=CUSTOMER, merged_at=utc("2026-02-01T00:00")
    )
    facts = [registered(), registered(root), lives_in("north"), lives_in("south", root), merge]
    await deliver(database, subscriptions, facts)
    await change_rules(client, as_role, "calendar-rules", other_hours=[{"region": "south", "opening_hours": EVENINGS}])
    assert (await filed(client, filed_at=TUESDAY))["deadlines"][0]["region"] == "south"


async def test_C3_the_business_calendar_is_shown_for_a_tier_and_a_region(client, as_role, database, deliver) -> None:
    await deliver(database, subscriptions, [registered(), lives_in("south"), lives_in("north", uuid4())])
    other = [{"region": "south", "opening_hours": EVENINGS}, {"tier": "platinum", "holidays": ""}]
    await change_rules(client, as_role, "calendar-rules", other_hours=other)

    async def shown(**served: str) -> tuple[Any, ...]:
        days = {"from": "2026-02-17", "to": "2026-02-17"}  # the new year of China
        calendar = (await client.get("/v1/business-calendar", params=days | served)).json()
        return calendar["tier"], calendar["region"], calendar["days"][0]["hours"]

    assert await shown() == (None, None, [])
    assert await shown(region="north") == (None, None, [])
    assert await shown(tier="platinum") == ("platinum", None, ["09:00-17:00"])
    assert await shown(tier="platinum", region="south") == ("platinum", "south", ["12:00-20:00"])


@pytest.mark.parametrize(
    ("other", "code", "pointer"),
    [
        ({"tier": "platinium", "opening_hours": ALWAYS}, "unknown_tier", "/document/other_hours/0/tier"),
        ({"region": "sout", "opening_hours": ALWAYS}, "unknown_region", "/document/other_hours/0/region"),
        ({"tier": "gold", "opening_hours": {}}, "calendar_never_opens", "/document/other_hours/0/opening_hours"),
        ({"opening_hours": ALWAYS}, "hours_of_nobody", "/document/other_hours/0"),
        ({"tier": "gold", "opening_hours": {"mon": ["09:00-12:00", "11:00-13:00"]}},
         "opening_hours_invalid", "/document/other_hours/0/opening_hours/mon"),
    ],
)  # fmt: skip
async def test_C3_other_hours_that_make_no_sense_are_refused_and_nothing_is_changed(
    client, as_role, announced, known, other: dict[str, Any], code: str, pointer: str
) -> None:
    before = (await client.get("/v1/calendar-rules")).json()
    document = SHIPPED["calendar-rules"] | {"other_hours": [other]}
    answer = await client.post("/v1/calendar-rules", json={"document": document}, headers=as_role("analyst"))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await client.get("/v1/calendar-rules")).json() == before
    assert await announced() == []


@pytest.mark.parametrize(("served", "code"), [({"tier": "x"}, "unknown_tier"), ({"region": "x"}, "unknown_region")])
async def test_C3_a_calendar_of_an_unknown_tier_or_region_is_refused(client, served, code: str) -> None:
    days = {"from": "2026-02-17", "to": "2026-02-17"}
    answer = await client.get("/v1/business-calendar", params=days | served)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_C3_a_region_is_known_when_the_settings_or_a_calendar_say_it(
    client, as_role, known, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [{"region": "new", "opening_hours": EVENINGS}]
    document = SHIPPED["calendar-rules"] | {"other_hours": other}
    refused = await client.post("/v1/calendar-rules", json={"document": document}, headers=as_role("analyst"))
    assert refused.json()["code"] == "unknown_region"
    monkeypatch.setattr(calendars, "business_settings", lambda: BusinessSettings(regions=frozenset({"new"})))
    await change_rules(client, as_role, "calendar-rules", other_hours=other)
    monkeypatch.undo()
    await change_rules(client, as_role, "calendar-rules", other_hours=other)  # a version has it: it stays known
