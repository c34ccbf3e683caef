"""T1, P2 over HTTP: contacts, cases, traits, months, groups, and what was known when; the page of definitions."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.indicator import UNITS, WINDOWS
from services.tiering_svc.indicators.domain.snapshot import CLASSES, CustomerSnapshot
from services.tiering_svc.subscriptions import subscriptions
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomerReferenceRegistered,
    CustomerRegistered,
    CustomerTraitsChanged,
    GroupParentChanged,
    NextStepCompleted,
)
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.shorthand import at
from tools.indicator_page import indicator_page

SERVICE = "tiering"
ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
NOTHING = CustomerSnapshot(Figures(), at(31), date(2026, 3, 1), 12)


async def deliver(database, *events, recorded_at=None):
    return await harness.deliver(database, subscriptions, events, recorded_at=recorded_at)


async def values(client, customer=ANN, **query):
    params = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in query.items()}
    answer = await client.get(f"/v1/customers/{customer}/indicators", params=params)
    assert answer.status_code == 200, answer.text
    return {indicator["code"]: indicator["value"] for indicator in answer.json()["indicators"]}


def filed(case, day, *, customer=None, kind="complaint"):
    return ComplaintFiled(
        subject_id=customer or case, case_id=case, customer_id=customer, kind=kind, severity="normal", channel="call",
        category="price", filed_at=at(day),
    )  # fmt: skip


def registered(*customers):
    return [
        CustomerRegistered(customer_id=customer, kind="organisation", registered_at=at(1)) for customer in customers
    ]


# --- definitions ---


def test_T1_every_indicator_is_defined_in_both_languages_with_unit_and_window():
    for code, indicator in INDICATORS.items():
        assert code == indicator.code
        assert indicator.group in CLASSES
        assert indicator.unit in UNITS
        assert indicator.window in WINDOWS
        assert all(indicator.names[language] and indicator.definition[language] for language in ("en", "zh")), code
    assert {indicator.group for indicator in INDICATORS.values()} == set(CLASSES)


def test_T1_of_nothing_everything_but_a_count_is_unknown():
    for indicator in INDICATORS.values():
        value = indicator.value(NOTHING)
        counted = indicator.unit == "count" or indicator.code == "returned_amount"  # nothing came back: that is known
        assert value is None or (counted and value == 0), indicator.code
    assert INDICATORS["complaints"].value(NOTHING) is None  # contacts were not looked at: not even a count is known


def test_T1_the_page_of_definitions_is_what_the_code_says():
    page = Path(__file__).parents[3] / "docs" / "tiering" / "indicators.md"
    assert page.read_text() == indicator_page()
    assert all(f"| `{code}` |" in indicator_page() for code in INDICATORS)


# --- contacts and cases ---


async def test_T1_contacts_and_their_next_steps(client, database):
    made = [
        ContactLogged(
            customer_id=ANN, entry_id=new_id(), employee_id="E-1", channel="call", contacted_at=at(day),
            next_step_on=None if on is None else at(on).date(),
        )
        for day, on in ((2, None), (5, 10), (8, 30), (3, 12))
    ]  # fmt: skip
    done = [NextStepCompleted(customer_id=ANN, entry_id=made[1].entry_id, completed_at=at(9))]
    await deliver(database, *registered(ANN), *made, *done)
    indicators = await values(client, as_of=at(20), months=1)
    counts = [indicators[code] for code in ("contacts", "tasks", "open_tasks", "overdue_tasks")]
    assert counts == ["4", "3", "2", "1"]
    assert (indicators["tasks_done_rate"], indicators["tasks_per_contact"]) == ("0.3333", "0.7500")
    assert indicators["days_since_last_contact"] == "12"
    earlier = await values(client, as_of=at(8), months=1)
    assert (earlier["open_tasks"], earlier["overdue_tasks"], earlier["tasks_done_rate"]) == ("3", "0", "0.0000")
    april = await values(client, as_of=at(2, 4), months=1)
    assert (april["contacts"], april["tasks_per_contact"], april["open_tasks"]) == ("0", None, "2")


async def test_T1_cases_by_kind_their_ratios_and_the_satisfaction_they_ended_with(client, database):
    cases = [new_id() for _ in range(4)]
    await deliver(database, *(placed(ANN, at(day), "10") for day in (1, 2, 3, 4)))
    kinds = ("complaint", "complaint", "praise", "suggestion")
    filings = [filed(case, 5, customer=ANN, kind=kind) for case, kind in zip(cases, kinds, strict=True)]
    about = [{"subject_id": ANN, "case_id": case, "customer_id": ANN} for case in cases]
    ends = [
        ComplaintClosed(**about[0], satisfaction=2, closed_at=at(7)),
        ComplaintReopened(**about[0], reopened_at=at(9)),
        ComplaintClosed(**about[0], satisfaction=5, closed_at=at(12)),
        ComplaintClosed(**about[1], closed_at=at(8)),
        ComplaintClosed(**about[2], satisfaction=4, closed_at=at(8)),
    ]
    await deliver(database, *filings, *ends)
    indicators = await values(client, as_of=at(20), months=1)
    assert [indicators[code] for code in ("cases", "complaints", "praises", "suggestions", "open_cases")] == [
        "4", "2", "1", "1", "1",
    ]  # fmt: skip
    assert (indicators["complaints_per_order"], indicators["complaint_share"]) == ("0.5000", "0.5000")
    assert indicators["complaints_per_contact"] is None
    assert (indicators["closed_cases"], indicators["case_satisfaction"]) == ("3", "4.5000")
    between = await values(client, as_of=at(10), months=1)
    assert (between["open_cases"], between["case_satisfaction"]) == ("2", "4.0000")
    then = await values(client, as_of=at(8) - timedelta(hours=1), months=1)
    assert (then["closed_cases"], then["case_satisfaction"]) == ("1", "2.0000")


@pytest.mark.parametrize("linked_first", [True, False])
async def test_T1_a_case_of_nobody_counts_for_whom_it_is_linked_to_whichever_fact_comes_first(
    client, database, linked_first
):
    case = new_id()
    filing = [filed(case, 3)]
    linking = [
        CustomerIdentified(subject_id=ANN, case_id=case, customer_id=ANN, open=True, identified_at=at(9)),
        ComplaintClosed(subject_id=ANN, case_id=case, customer_id=ANN, satisfaction=3, closed_at=at(11)),
    ]
    await deliver(database, *registered(ANN))
    for events in (linking, filing) if linked_first else (filing, linking):
        await deliver(database, *events)
    indicators = await values(client, as_of=at(5), months=1)
    assert (indicators["complaints"], indicators["open_cases"]) == ("1", "1")  # it was that customer's all along
    unknown = await values(client, as_of=at(5), known_at=at(8), months=1)
    assert (unknown["complaints"], unknown["open_cases"]) == ("0", "0")  # but nobody knew
    assert (await values(client, as_of=at(12), months=1))["case_satisfaction"] == "3.0000"


@pytest.mark.parametrize("one_batch", [True, False])
@pytest.mark.parametrize("in_order", [True, False])
async def test_C1_of_several_identifications_the_latest_step_says_whose_case_it_is(
    client, database, in_order, one_batch
):
    case, ben = new_id(), new_id()
    to_ben, to_ann = [
        CustomerIdentified(subject_id=to, case_id=case, customer_id=to, previous_customer_id=former, open=True,
                           step=step, identified_at=at(7 + step))
        for to, former, step in ((ben, ANN, 2), (ANN, ben, 3))
    ]  # fmt: skip
    await deliver(database, *registered(ANN))
    linked = [to_ben, to_ann] if in_order else [to_ann, to_ben]
    for events in ([filed(case, 3), *linked],) if one_batch else ([filed(case, 3)], *([event] for event in linked)):
        await deliver(database, *events)
    assert (await values(client, as_of=at(12), months=1))["complaints"] == "1"


# --- profile ---


async def test_T1_traits_are_those_of_the_file_as_it_was_then(client, database):
    first = CustomerTraitsChanged(
        customer_id=ANN, kind="organisation", region="CN-50", industry="automotive", employees=500, listed=True,
        registered_capital=Decimal("1000.50"), founded_year=1996, completeness=60, changed_at=at(5),
    )  # fmt: skip
    second = first.model_copy(update={"employees": 700, "region": "CN-11", "listed": False, "changed_at": at(15)})
    await deliver(database, *registered(ANN, BOB), first, second)
    late = await values(client, as_of=at(20))
    assert (late["size"], late["region"], late["listed"], late["kind"]) == ("700", "CN-11", "no", "organisation")
    assert (late["registered_capital"], late["years_since_founding"], late["completeness"]) == ("1000.5000", "30", "60")
    assert (late["annual_sales"], late["age_band"], late["group_size"]) == (None, None, "1")
    early = await values(client, as_of=at(10))
    assert (early["size"], early["region"], early["listed"]) == ("500", "CN-50", "yes")
    assert (await values(client, as_of=at(1)))["region"] == "CN-50"  # it did not begin with being written down
    assert (await values(client, as_of=at(20), known_at=at(4)))["region"] is None
    assert (await values(client, BOB, as_of=at(20)))["kind"] is None


@pytest.mark.parametrize(
    ("as_of", "age", "band"),
    [(1940, None, None), (1944, "0", "<19"), (1962, "18", "<19"), (1963, "19", "19-24"), (1986, "42", "35-44"),
     (2009, "65", "65+"), (2026, "82", "65+")],
)  # fmt: skip
async def test_T1_an_age_is_that_of_the_instant_also_of_one_before_the_file(client, database, as_of, age, band):
    file = CustomerTraitsChanged(
        customer_id=ANN, kind="person", age_band="65+", age_band_since=2009, completeness=50, changed_at=at(5)
    )
    await deliver(database, *registered(ANN), file)
    indicators = await values(client, as_of=at(20, 6, as_of))
    assert (indicators["age"], indicators["age_band"]) == (age, band)


@pytest.mark.parametrize(
    ("band", "beginning"),
    [("25-44", 25), ("<19", 0), ("65+", 65), (">100K", 100_000), ("250K+", 250_000), ("100-150K", 100_000),
     ("0.5M-1M", 500_000), ("5000-8000", 5000), ("middle", None), ("<1y", None), ("2026-01-01", None)],
)  # fmt: skip
async def test_T1_age_and_income_of_a_band_are_its_beginning_or_unknown(client, database, band, beginning):
    file = CustomerTraitsChanged(
        customer_id=ANN, kind="person", age_band=band, income_band=band, completeness=50, changed_at=at(5)
    )
    await deliver(database, *registered(ANN), file)
    indicators = await values(client, as_of=at(20, 6))
    assert (indicators["age_band"], indicators["income_band"]) == (band, band)
    numbers = [None if indicators[code] is None else Decimal(indicators[code]) for code in ("age", "income")]
    assert numbers == [beginning, beginning]


# --- two times, months ---


async def test_T1_facts_recorded_after_known_at_do_not_count(client, database):
    order = placed(ANN, at(3), "100", cost="6", quantity=10)
    await deliver(database, order, recorded_at=at(3))
    await deliver(database, placed(ANN, at(4), "40"), recorded_at=at(20))  # told late
    await deliver(database, returned(order, at(10), quantity=5, amount="50"), recorded_at=at(10))
    wanted = {
        at(5): ("1", "100.0000", "40.0000", "0.4000", None),
        at(12): ("1", "50.0000", "20.0000", "0.4000", "50.0000"),
        at(25): ("2", "90.0000", "20.0000", "0.4000", "50.0000"),
    }
    for known_at, (orders, amount, margin, rate, back) in wanted.items():
        indicators = await values(client, as_of=at(31), known_at=known_at, months=1)
        assert (indicators["orders"], Decimal(indicators["amount"]), Decimal(indicators["margin"])) == (
            orders, Decimal(amount), Decimal(margin),
        )  # fmt: skip
        assert indicators["margin_rate"] == rate
        assert Decimal(indicators["returned_amount"]) == Decimal(back or 0)
        assert indicators["returned_count"] == ("0" if back is None else "1")
    before = await values(client, as_of=at(31), known_at=at(2))
    assert (before["orders"], before["days_since_first_order"]) == ("0", None)
    assert (await values(client, as_of=at(31), known_at=at(19)))["days_since_last_order"] == "28"
    assert (await values(client, as_of=at(31)))["days_since_last_order"] == "27"


async def test_T1_month_by_month(client, database):
    order = placed(ANN, at(10, 1), "100")
    await deliver(database, order, placed(ANN, at(5, 3), "70"), returned(order, at(2, 2), amount="100"))
    url = f"/v1/customers/{ANN}/indicators/months"
    answer = (await client.get(url, params={"from": "2026-01", "to": "2026-03"})).json()
    assert [month["month"] for month in answer["items"]] == ["2026-01", "2026-02", "2026-03"]
    rows = [month["values"] for month in answer["items"]]
    assert [row["orders"] for row in rows] == ["0", "0", "1"]
    assert [row["returned_count"] for row in rows] == ["0", "1", "0"]
    assert [row["amount"] for row in rows] == [None, None, "70.0000"]
    assert answer["items"][1]["as_of"] == "2026-02-28T23:59:59.999999Z"
    this_month = f"{datetime.now(UTC):%Y-%m}"
    present = (await client.get(url, params={"from": this_month, "to": this_month})).json()["items"]
    assert [month["month"] for month in present] == [this_month]
    assert datetime.fromisoformat(present[0]["as_of"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("first", "to", "code"),
    [
        ("2026-02", "2026-01", "not_in_order"),
        ("2015-01", "2026-01", "too_many_months"),
        ("2026-01", "2199-01", "in_the_future"),
        ("2026-13", "2026-01", None),
        ("0000-01", "2026-01", None),
        ("2026-1", "2026-01", None),
    ],
)
async def test_T1_months_that_are_none_are_refused(client, database, first, to, code):
    await deliver(database, *registered(ANN))
    answer = await client.get(f"/v1/customers/{ANN}/indicators/months", params={"from": first, "to": to})
    assert answer.status_code == 422
    assert code in (None, answer.json()["code"])


async def test_T1_bad_questions_are_refused(client, database):
    await deliver(database, *registered(ANN))
    for query in ({"months": 0}, {"months": 61}, {"known_at": "2199-01-01T00:00:00Z"}, {"as_of": "yesterday"}):
        assert (await client.get(f"/v1/customers/{ANN}/indicators", params=query)).status_code == 422, query


# --- groups ---


async def test_P2_figures_roll_up_over_the_tree_as_it_was_then(client, database):
    await deliver(database, placed(ANN, at(3), "100", cost="60"), placed(BOB, at(4), "50"), placed(EVE, at(20), "7"))
    await deliver(
        database,
        GroupParentChanged(customer_id=BOB, parent_id=ANN, effective_from=at(2), changed_at=at(2)),
        GroupParentChanged(customer_id=EVE, parent_id=BOB, effective_from=at(2), changed_at=at(2)),
        GroupParentChanged(customer_id=BOB, parent_id=None, effective_from=at(25), changed_at=at(25)),
    )
    alone = await values(client, as_of=at(22), months=1)
    assert (alone["orders"], Decimal(alone["amount"]), alone["group_size"]) == ("1", 100, "3")
    group = await values(client, as_of=at(22), months=1, group=True)
    assert (group["orders"], Decimal(group["amount"]), Decimal(group["margin"])) == ("3", 157, 40)
    assert (Decimal(group["largest_order"]), group["days_since_last_order"]) == (100, "2")
    assert Decimal(group["average_order"]) == Decimal("52.3333")
    split = await values(client, as_of=at(26), months=1, group=True)
    assert (split["orders"], split["group_size"]) == ("1", "1")
    of_bob = await values(client, BOB, as_of=at(26), months=1, group=True)
    assert (of_bob["orders"], Decimal(of_bob["amount"])) == ("2", 57)
    unknown = await values(client, as_of=at(26), known_at=at(24), months=1, group=True)
    assert unknown["group_size"] == "3"  # nobody knew of the split yet
    url = f"/v1/customers/{ANN}/indicators/months"
    query = {"from": "2026-02", "to": "2026-03", "group": True}
    rows = (await client.get(url, params=query)).json()["items"]
    assert [row["values"]["orders"] for row in rows] == ["0", "1"]  # in March's end the group is one customer


async def test_P2_a_partner_sees_its_own_customer_and_no_group(client, database, as_role):
    partner = UUID(int=77)
    reference = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{partner}", registered_at=at(1))
    await deliver(database, *registered(ANN, BOB), reference)
    headers = as_role("partner", partner_id=partner, scopes=["tiers:read"])
    url = f"/v1/customers/{ANN}/indicators"
    assert (await client.get(url, headers=headers)).status_code == 200
    assert (await client.get(url, params={"group": True}, headers=headers)).status_code == 404
    assert (await client.get(f"/v1/customers/{BOB}/indicators", headers=headers)).status_code == 404
    months = {"from": "2026-01", "to": "2026-02"}
    assert (await client.get(f"{url}/months", params=months, headers=headers)).status_code == 200
    assert (
        await client.get(f"/v1/customers/{BOB}/indicators/months", params=months, headers=headers)
    ).status_code == 404
