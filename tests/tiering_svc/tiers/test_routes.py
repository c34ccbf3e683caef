"""Tiering over HTTP: indicators, a customer's tier and why, policies with four eyes, the pyramid."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.tiering_svc.policies.domain.defaults import ABC_BY_CUSTOMERS, ANNUAL_SPEND, STARS
from services.tiering_svc.subscriptions import subscriptions, timers
from shared.events import (
    CustomerReferenceRegistered,
    CustomerRegistered,
    PaymentReceived,
    ReceivableIssued,
    TierChanged,
)
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.shorthand import at, bands_document

SERVICE = "tiering"
ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
NAME = {"en": "Mine", "zh": "我的"}


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


async def test_T1_every_indicator_says_what_it_means(client):
    listed = (await client.get("/v1/indicators")).json()["items"]
    assert {"orders", "amount", "margin", "margin_rate", "arrears_rate"} <= {indicator["code"] for indicator in listed}
    for indicator in listed:
        assert all(indicator["definition"].get(language) for language in ("en", "zh"))
        assert indicator["unit"]
        assert indicator["window"]


async def test_T1_a_customers_indicators_as_of_an_instant(client, database):
    march = placed(ANN, at(10), "100", cost="8", quantity=10)
    await deliver(database, march, placed(ANN, at(20), "50"), placed(ANN, at(5, 4), "70"))
    await deliver(database, returned(march, at(25), quantity=1, amount="10"))

    async def values(as_of, months=12):
        query = {"as_of": as_of.isoformat(), "months": months}
        answer = (await client.get(f"/v1/customers/{ANN}/indicators", params=query)).json()
        return {indicator["code"]: indicator["value"] for indicator in answer["indicators"]}

    of_march = await values(at(31))
    assert Decimal(of_march["amount"]) == 140
    assert (of_march["orders"], Decimal(of_march["margin"]), Decimal(of_march["largest_order"])) == ("2", 18, 90)
    assert Decimal(of_march["margin_rate"]) == Decimal("0.2")
    assert (of_march["returned_count"], Decimal(of_march["returned_amount"])) == ("1", 10)
    assert (of_march["days_since_first_order"], of_march["days_since_last_order"]) == ("21", "11")
    assert Decimal((await values(at(15)))["amount"]) == 90
    assert Decimal((await values(at(9, 4), months=1))["amount"]) == 70
    before = await values(at(1))
    assert (before["amount"], before["margin"], before["average_order"]) == (None,) * 3
    assert before["returned_amount"] == "0"


async def test_T1_what_nobody_told_us_of_is_not_found_and_the_unknown_is_null(client, database):
    assert (await client.get(f"/v1/customers/{EVE}/indicators")).status_code == 404
    await deliver(database, CustomerRegistered(customer_id=EVE, kind="unknown", registered_at=at(1)))
    indicators = (await client.get(f"/v1/customers/{EVE}/indicators")).json()["indicators"]
    values = {indicator["code"]: indicator["value"] for indicator in indicators if indicator["value"] is not None}
    units = {indicator["code"]: indicator["unit"] for indicator in indicators}
    assert values.pop("returned_amount") == "0"  # nothing came back: that is known
    assert {units[code] for code in values} == {"count"}  # nothing was counted: that is known
    assert values.pop("group_size") == "1"
    assert set(values.values()) == {"0"}


async def test_T1_finance_indicators_from_receivables_and_payments(client, database):
    issued = [
        ReceivableIssued(
            receivable_id=new_id(), customer_id=ANN, amount=Decimal(amount), issued_on=at(1).date(),
            due_on=at(due).date(), recorded_at=at(1),
        )
        for amount, due in (("100", 10), ("300", 31))
    ]  # fmt: skip
    payments = [
        PaymentReceived(
            payment_id=new_id(), receivable_id=issued[index].receivable_id, customer_id=ANN, amount=Decimal(amount),
            outstanding=Decimal(0), paid_at=at(day),
        )
        for index, amount, day in ((0, "60", 5), (1, "20", 11))
    ]  # fmt: skip
    await deliver(database, placed(ANN, at(1), "400"), *issued, *payments)
    query = {"as_of": at(20).isoformat()}
    answer = (await client.get(f"/v1/customers/{ANN}/indicators", params=query)).json()["indicators"]
    values = {indicator["code"]: indicator["value"] for indicator in answer}
    assert (Decimal(values["largest_receipt"]), Decimal(values["average_receipt"])) == (60, 40)
    assert Decimal(values["collection_period"]) == Decimal("5.5")  # (60 x 4 + 20 x 10) / 80 days
    assert (Decimal(values["outstanding"]), Decimal(values["average_arrears"])) == (320, 40)
    assert Decimal(values["arrears_rate"]) == Decimal("0.125")


async def test_T9_a_tier_says_since_when_and_what_is_missing(client, database):
    placed_at = datetime.now(UTC) - timedelta(hours=1)
    await deliver(database, placed(ANN, placed_at, "900"))
    tier = (await client.get(f"/v1/customers/{ANN}/tier")).json()
    assert (tier["tier"], tier["name"], tier["rank"]) == ("silver", {"en": "Silver", "zh": "银卡"}, 1)
    assert datetime.fromisoformat(tier["since"]) == placed_at
    assert (tier["next"]["code"], tier["next"]["missing"], tier["next"]["indicator"]) == ("gold", "1500", "amount")
    assert tier["policy"]["name"]["en"] == "Annual spend"
    assert tier["kept_until"] is None


async def test_T9_a_known_customer_without_orders_has_no_tier_yet(client, database):
    await deliver(database, CustomerRegistered(customer_id=ANN, kind="unknown", registered_at=at(1)))
    answer = await client.get(f"/v1/customers/{ANN}/tier")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_tier_yet")


async def test_T9_an_explanation_tells_what_was_known_then(client, database):
    order = placed(ANN, at(5), "3000")
    await harness.deliver(database, subscriptions, [placed(ANN, at(1), "100"), order], at=at(6))
    await harness.deliver(database, subscriptions, [returned(order, at(9))], at=at(10))

    async def explain(**query):
        return await client.get(f"/v1/customers/{ANN}/tier/explanation", params=query)

    now = (await explain(at=at(7).isoformat())).json()
    assert (now["tier"]["tier"], now["tier"]["kind"]) == ("basic", "correction")
    then = (await explain(at=at(7).isoformat(), known_at=at(8).isoformat())).json()
    assert (then["tier"]["tier"], then["reasons"]["value"]) == ("gold", "3100")
    assert "3,100 USD" in then["words"]
    assert "金卡" in (await explain(at=at(7).isoformat(), known_at=at(8).isoformat(), lang="zh")).json()["words"]
    assert " " not in (await explain(at=at(7).isoformat(), lang="zh")).json()["words"].replace(" USD", "")
    early = await explain(at=at(1, 2).isoformat())
    assert (early.status_code, early.json()["first_known"]) == (404, at(1).isoformat())
    assert (await explain(lang="fr")).status_code == 422
    # the instant has the name it has everywhere; its first name stays, and the two may not differ
    assert (await explain(as_of=at(7).isoformat())).json()["tier"] == now["tier"]
    both = await explain(as_of=at(7).isoformat(), at=at(5).isoformat())
    assert (both.status_code, both.json()["code"]) == (422, "two_instants")


async def test_T10_history_as_it_was_known(client, database):
    order = placed(ANN, at(5), "3000")
    await harness.deliver(database, subscriptions, [placed(ANN, at(1), "100"), order], at=at(6))
    await harness.deliver(database, subscriptions, [returned(order, at(9))], at=at(10))
    url = f"/v1/customers/{ANN}/tier/history"
    known = (await client.get(url, params={"known_at": at(8).isoformat()})).json()["items"]
    assert [(row["tier"], row["effective_to"] is None) for row in known] == [("basic", False), ("gold", True)]
    today = (await client.get(url)).json()["items"]
    assert [(row["tier"], row["kind"]) for row in today] == [("basic", "first"), ("basic", "correction")]


async def test_G1_a_partner_sees_only_its_own_customers(client, database, as_role):
    own, other = UUID(int=71), UUID(int=72)
    await deliver(database, CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{own}", registered_at=at(1)))
    await deliver(database, placed(ANN, at(2), "900"))
    url = f"/v1/customers/{ANN}/tier"
    assert (await client.get(url, headers=as_role("partner", partner_id=own))).status_code == 200
    for foreign in (url, f"{url}/history", f"{url}/explanation", f"/v1/customers/{ANN}/indicators"):
        assert (await client.get(foreign, headers=as_role("partner", partner_id=other))).status_code == 404
    for everybody in ("/v1/pyramid", "/v1/tier-policies", "/v1/evaluations"):
        assert (await client.get(everybody, headers=as_role("partner", partner_id=own))).status_code == 404


async def test_T9_the_shipped_policies_are_there_and_one_is_in_force(client):
    listed = {policy["id"]: policy for policy in (await client.get("/v1/tier-policies")).json()["items"]}
    assert listed[str(ANNUAL_SPEND.id)]["status"] == "active"
    assert listed[str(ABC_BY_CUSTOMERS.id)]["status"] == "draft"
    policy = (await client.get(f"/v1/tier-policies/{STARS.id}")).json()
    assert [version["version"] for version in policy["versions"]] == [1]


async def test_T9_a_policy_is_put_in_force_by_another_person(client, database, as_role, announced):
    body = {"name": NAME, "document": bands_document(("gold", "550"))}
    ann, bob = as_role("analyst", subject="ann"), as_role("head", subject="bob")
    written = await client.post("/v1/tier-policies", json=body, headers=ann)
    assert written.status_code == 201, written.text
    url = f"/v1/tier-policies/{written.json()['id']}"
    assert written.json()["document"]["bands"] == [{"tier": "gold", "from": "550"}]
    assert (await client.post(f"{url}/activation", headers=ann)).status_code == 403
    author = as_role("admin", subject="ann")
    refused = await client.post(f"{url}/activation", headers=author)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_rule_set")
    active = await client.post(f"{url}/activation", headers=bob)
    assert (active.json()["status"], active.json()["activated_by"]) == ("active", "bob")
    again = await client.post(f"{url}/activation", json={"version": 1}, headers=bob)
    assert (again.status_code, again.json()["code"]) == (409, "already_active")
    old = (await client.get(f"/v1/tier-policies/{ANNUAL_SPEND.id}")).json()
    assert old["status"] == "retired"
    assert [type(event).__name__ for event in await announced()] == ["PolicyActivated"]
    known_now = {"recorded_at": datetime.now(UTC)}  # its past is graded by the policy of the day it became known
    [changed] = await harness.deliver(database, subscriptions, [placed(ANN, at(1), "600")], **known_now)
    assert isinstance(changed, TierChanged)
    assert changed.tier == "gold"
    newer = await client.post(f"{url}/versions", json=body, headers=ann)
    assert (newer.json()["version"], newer.json()["status"]) == (2, "draft")


async def test_T9_a_wrong_policy_is_refused_with_the_field(client):
    wrong = bands_document(("gold", "550"), ("platinum", "500"))
    answer = await client.post("/v1/tier-policies", json={"name": NAME, "document": wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/document/bands/1/from", "code": "bands_not_ordered", "detail": "Bands come lowest first."}
    ]
    for change, pointer in (
        ({"bands": None}, "/document/bands"),
        ({"kind": "guess"}, "/document/kind"),
        ({"bands": [{"tier": "gold", "from": 5.5}]}, "/document/bands/0/from"),
        ({"surprise": 1}, "/document/surprise"),
    ):
        body = {"name": NAME, "document": bands_document(("gold", "550")) | change}
        answer = await client.post("/v1/tier-policies", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_T7_the_pyramid_by_level(client, database):
    await deliver(
        database,
        placed(ANN, at(1), "5000", cost="4000"), placed(BOB, at(1), "900"), placed(EVE, at(1), "100"),
        placed(EVE, at(20), "1000"),
    )  # fmt: skip
    march = (await client.get("/v1/pyramid", params={"as_of": at(31).isoformat()})).json()
    levels = {level["tier"]: level for level in march["levels"]}
    assert [level["tier"] for level in march["levels"]] == ["platinum", "gold", "silver", "basic"]
    assert (levels["platinum"]["customers"], levels["platinum"]["profit"]) == (1, "1000.00")
    assert (levels["silver"]["customers"], levels["silver"]["revenue"], levels["silver"]["profit"]) == (
        2,
        "2000.00",
        None,
    )
    assert (levels["silver"]["share_of_customers"], levels["silver"]["share_of_revenue"]) == ("66.7", "28.6")
    assert (levels["silver"]["came_up"], levels["silver"]["new"], levels["platinum"]["new"]) == (1, 1, 1)
    assert (march["customers"], march["revenue"]) == (3, "7000.00")
    earlier = (await client.get("/v1/pyramid", params={"as_of": at(10).isoformat()})).json()
    levels = {level["tier"]: level for level in earlier["levels"]}
    assert (levels["basic"]["customers"], levels["basic"]["revenue"]) == (1, "100.00")
    now = (await client.get("/v1/pyramid")).json()
    assert now["customers"] == 3


async def test_T10_an_override_holds_until_its_end_and_then_the_customer_is_graded_anew(client, database, as_role):
    await deliver(database, placed(ANN, at(1), "900"))
    url = f"/v1/customers/{ANN}/tier/overrides"
    until = datetime.now(UTC) + timedelta(days=30)
    body = {"tier": "platinum", "reason": "the chairman's firm", "until": until.isoformat()}
    assert (await client.post(url, json=body, headers=as_role("agent"))).status_code == 403
    assert (await client.post(url, json=body | {"tier": "tin"})).status_code == 422
    row = await client.post(url, json=body)
    assert (row.status_code, row.json()["kind"], row.json()["tier"]) == (201, "override", "platinum")
    assert await deliver(database, placed(ANN, datetime.now(UTC), "2000")) == []
    words = (await client.get(f"/v1/customers/{ANN}/tier/explanation")).json()["words"]
    assert "set by a person" in words
    tier = (await client.get(f"/v1/customers/{ANN}/tier")).json()
    assert datetime.fromisoformat(tier["kept_until"]) == until
    assert await timers.fire_due(database, until=until) == 1
    tier = (await client.get(f"/v1/customers/{ANN}/tier")).json()
    assert (tier["kind"], tier["overridden_until"]) == ("downgrade", None)
    assert await broken_invariants(database) == []
