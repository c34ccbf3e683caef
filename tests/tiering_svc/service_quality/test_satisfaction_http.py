"""T16 over HTTP: answers are recorded once, scored by the index in force, with the rates beside."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import ComplaintFiled, SatisfactionMeasured
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.rule_sets import OnlyRuleSet
from tests.tiering_svc.runs import listed, put_in_force, reviewed
from tests.tiering_svc.shorthand import at, bands_document

SERVICE = "tiering"
ANN, BOB = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
async def known(database):
    await harness.deliver(database, subscriptions, [placed(ANN, at(2), "100", quantity=10), placed(BOB, at(3), "300")])


def answer(customer=ANN, when=None, **items):
    answered = items or {"price": (8, 6), "delivery": (5, 9)}
    return {
        "answer_id": str(new_id()),
        "customer_id": str(customer),
        "answered_at": (when or at(10)).isoformat(),
        "items": [{"code": code, "expectation": str(a), "experience": str(b)} for code, (a, b) in answered.items()],
    }


async def test_T16_an_answer_is_scored_and_announced_and_the_same_again_changes_nothing(client, database):
    body = answer()
    first = await client.post("/v1/satisfaction/answers", json=body)
    assert first.status_code == 201
    # delivery 25 % of service, alone known in it: 4; price -2; weights 40 and 20
    assert Decimal(first.json()["satisfaction"]) == 2
    again = await client.post("/v1/satisfaction/answers", json=body)
    assert again.json() == first.json()
    other = await client.post("/v1/satisfaction/answers", json=body | {"customer_id": str(BOB)})
    assert (other.status_code, other.json()["code"]) == (409, "another_answer")
    measured = [event for event in await harness.announced(database) if isinstance(event, SatisfactionMeasured)]
    assert [(event.customer_id, event.experience - event.expectation) for event in measured] == [(ANN, 2)]


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"items": [{"code": "luck", "expectation": "5", "experience": "5"}]}, "unknown_item", "/items/0/code"),
        (
            {"items": [{"code": "price", "expectation": "0", "experience": "5"}]},
            "off_the_scale",
            "/items/0/expectation",
        ),
        ({"items": []}, "no_answers", "/items"),
        ({"answered_at": "2199-01-01T00:00:00Z"}, "in_the_future", "/answered_at"),
    ],
)
async def test_T16_a_bad_answer_is_refused_and_stores_nothing(client, database, change, code, pointer):
    refused = await client.post("/v1/satisfaction/answers", json=answer() | change)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from satisfaction_answer")) == 0


async def test_T16_of_nobody_known_no_answer_is_taken(client):
    refused = await client.post("/v1/satisfaction/answers", json=answer(UUID(int=9)))
    assert (refused.status_code, refused.json()["code"]) == (404, "customer_not_found")


async def test_T16_the_whole_and_the_rates_beside_it(client, database):
    back = placed(ANN, at(4), "100", quantity=10)
    filed = ComplaintFiled(
        subject_id=ANN, customer_id=ANN, case_id=new_id(), kind="complaint", severity="normal", channel="call",
        category="delivery", filed_at=at(6),
    )  # fmt: skip
    await harness.deliver(database, subscriptions, [back])
    await harness.deliver(database, subscriptions, [returned(back, at(5), quantity=2, amount="20"), filed])
    for body in (answer(price=(8, 6)), answer(BOB, price=(4, 8)), answer(BOB, at(10, 1), price=(1, 10))):
        assert (await client.post("/v1/satisfaction/answers", json=body)).status_code == 201
    query = {"as_of": at(20).isoformat(), "months": 1}
    shown = (await client.get("/v1/satisfaction", params=query)).json()
    assert (shown["answers"], Decimal(shown["index"]["satisfaction"])) == (2, 1)  # January's is not in the window
    assert shown["index"]["parts"][0]["satisfaction"] is None
    assert shown["rates"] == {
        "buyers": 2, "complaint_rate": "0.3333", "return_rate": "0.0400", "come_back_rate": "0.5000",
    }  # fmt: skip
    bobs = (await client.get(f"/v1/customers/{BOB}/satisfaction", params=query)).json()
    assert (bobs["satisfaction"]["answers"], len(bobs["latest"])) == (1, 2)
    assert bobs["satisfaction"]["rates"]["come_back_rate"] == "0.0000"
    before = (await client.get("/v1/satisfaction", params={"as_of": at(1, 1).isoformat(), "months": 1})).json()
    assert before["index"]["satisfaction"] is None
    assert before["rates"]["complaint_rate"] is None  # nothing to divide by


async def test_T16_a_new_index_does_not_touch_answers_given_to_the_old_one(client, as_role):
    await client.post("/v1/satisfaction/answers", json=answer(price=(8, 6)))
    body = {
        "scale": {"from": "0", "to": "5"},
        "parts": [{"code": "all", "name": {"en": "All in all", "zh": "总体"}, "weight": "100"}],
    }
    index = OnlyRuleSet(client, "/v1/satisfaction-indexes")
    assert (await index.write(body)).status_code == 201
    head = as_role("head", subject="somebody-else")
    assert (await index.activate(2, headers=head)).is_success
    before = (await client.get("/v1/satisfaction", params={"as_of": at(20).isoformat()})).json()
    assert (before["index_version"], before["answers"]) == (1, 1)  # the index of that instant
    shown = (await client.get("/v1/satisfaction")).json()
    assert (shown["index_version"], shown["answers"], shown["mean_score"]) == (2, 0, "-2.0000")
    late = answer(all=(3, 5))  # of March, told now: to the index of March, unless it says which
    assert (await client.post("/v1/satisfaction/answers", json=late)).json()["code"] == "unknown_item"
    assert (await client.post("/v1/satisfaction/answers", json=late | {"index_version": 2})).status_code == 201
    by_the_new = {"as_of": at(20).isoformat(), "index_version": 2}
    assert (await client.get("/v1/satisfaction", params=by_the_new)).json()["answers"] == 1
    for refused in (
        await client.post("/v1/satisfaction/answers", json=answer() | {"index_version": 3}),
        await client.get("/v1/satisfaction", params={"index_version": 3}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (422, "never_in_force")
    latest = (await client.get(f"/v1/customers/{ANN}/satisfaction")).json()["latest"]
    assert [(answer["index_version"], Decimal(answer["satisfaction"])) for answer in latest] == [(2, 2), (1, -2)]


async def test_T16_questions_beside_the_index_are_answered_with_it(client, database):
    body = answer() | {"questions": [{"code": "recommends", "value": "9"}, {"code": "named_first", "value": "1"}]}
    kept = (await client.post("/v1/satisfaction/answers", json=body)).json()
    assert kept["questions"] == {"recommends": "9", "named_first": "1"}
    assert (await client.post("/v1/satisfaction/answers", json=body)).json() == kept
    other = await client.post("/v1/satisfaction/answers", json=body | {"questions": []})
    assert (other.status_code, other.json()["code"]) == (409, "another_answer")
    also = answer(BOB) | {"questions": [{"code": "recommends", "value": "5"}]}
    assert (await client.post("/v1/satisfaction/answers", json=also)).status_code == 201
    shown = (await client.get("/v1/satisfaction", params={"as_of": at(20).isoformat()})).json()
    levels = {kind["kind"]: kind["level"] for kind in shown["questions"]}
    assert levels == {"reputation": "0.7000", "awareness": "1.0000", "price_sensitivity": None}
    [recommends] = [q for kind in shown["questions"] for q in kind["questions"] if q["code"] == "recommends"]
    assert (recommends["answers"], recommends["mean"], recommends["name"]["zh"][:2]) == (2, "7.0000", "您向")
    refused = await client.post(
        "/v1/satisfaction/answers", json=answer() | {"questions": [{"code": "recommends", "value": "11"}]}
    )
    assert (refused.json()["code"], refused.json()["errors"][0]["pointer"]) == ("off_the_scale", "/questions/0/value")


async def test_T16_who_comes_back_bought_on_two_days_and_kept_something(client, database):
    """Ann bought on two days, but brought the second order back; Bob twice on one day; Eve on two."""
    eve = UUID(int=3)
    back = placed(ANN, at(4), "100", quantity=10)
    await harness.deliver(
        database, subscriptions,
        [back, placed(BOB, at(3, hour=15), "1"), placed(eve, at(3), "5"), placed(eve, at(9), "5")],
    )  # fmt: skip
    await harness.deliver(database, subscriptions, [returned(back, at(5), quantity=10, amount="100")])
    query = {"as_of": at(20).isoformat(), "months": 1}
    rates = (await client.get("/v1/satisfaction", params=query)).json()["rates"]
    assert (rates["buyers"], rates["come_back_rate"]) == (3, "0.3333")


async def test_T16_the_index_is_an_indicator_as_of_any_instant_as_known_at_any(client, database):
    """The mean score of the window's answers, also below 0; what is recorded later is not known before."""

    async def indicator(**query):
        params = {name: value.isoformat() for name, value in query.items()} | {"months": 2}
        shown = (await client.get(f"/v1/customers/{ANN}/indicators", params=params)).json()
        [value] = [item["value"] for item in shown["indicators"] if item["code"] == "satisfaction"]
        return value

    assert await indicator() is None
    for when, experience in ((at(10, 1), 9), (at(10, 2), 7), (at(10), 2)):
        body = answer(when=when, price=(8, experience))
        assert (await client.post("/v1/satisfaction/answers", json=body)).status_code == 201
    assert await indicator(as_of=at(20)) == "-3.5000"  # February's -1 and March's -6
    assert await indicator(as_of=at(20, 2)) == "0.0000"  # January's 1 and February's -1
    assert await indicator(as_of=at(20), known_at=at(25)) is None
    shown = await client.get(f"/v1/customers/{ANN}/satisfaction", params={"as_of": at(20).isoformat(), "months": 2})
    assert shown.json()["satisfaction"]["mean_score"] == "-3.5000"


async def test_T16_a_policy_grades_by_satisfaction(client, database):
    """Gold from 3 points on; a band may also begin below 0."""
    await put_in_force(database, bands_document(("gold", "-2"), ("ruby", "3")) | {"indicator": "satisfaction"})
    for customer, experience in ((ANN, 9), (BOB, 3)):
        body = answer(customer, datetime.now(UTC) - timedelta(minutes=1), price=(4, experience))
        assert (await client.post("/v1/satisfaction/answers", json=body)).status_code == 201
    run = await reviewed(database, datetime.now(UTC))
    assert {customer: to_tier for customer, _, _, to_tier, _ in await listed(database, run)} == {
        ANN: "ruby", BOB: "gold"
    }  # fmt: skip
