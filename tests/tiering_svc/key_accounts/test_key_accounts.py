"""T8: key accounts are nominated with evidence, decided by another person, kept in time; some are excluded."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from shared.events import (
    CustomerExcluded,
    CustomerExclusionEnded,
    CustomerReferenceRegistered,
    CustomerRegistered,
    GroupParentChanged,
    KeyAccountApproved,
    KeyAccountEnded,
    ReceivableIssued,
)
from shared.messaging import new_id
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.key_accounts.people import ANN, BOB, EVE, NOMINATIONS, NOW, People, ago, deliver, refused, steady

SERVICE = "tiering"


@pytest.fixture
def people(client, as_role):
    return People(client, as_role)


async def test_T8_a_key_account_is_nominated_with_evidence_and_approved_by_another(people, database, announced):
    await deliver(database, *steady(ANN))
    answer = await people.nominate(ANN, "economic", "strategic")
    assert answer.status_code == 201, answer.text
    nomination = answer.json()
    assert (nomination["status"], nomination["nominated_by"]) == ("open", "mia")
    assert nomination["evidence"] == [{"says": "A new plant opens in May.", "indicator": "amount"}]
    figures = nomination["figures"]["values"]
    assert Decimal(figures["amount"]) == 2400
    assert Decimal(figures["margin_rate"]).quantize(Decimal("0.01")) == Decimal("0.33")
    assert (Decimal(figures["share_of_revenue"]), figures["arrears_rate"]) == (1, None)  # not known, not 0
    met = {rule["code"]: rule["met"] for rule in nomination["figures"]["disqualifications"]}
    assert met["one_off_bulk_buyer"] is False
    assert not (await people.show())["is_key_account"]

    await deliver(database, placed(ANN, ago(1), "5000", cost="4000"))  # the evidence stays what it was
    approved = (await people.decide(nomination, note="Agreed.")).json()
    assert (approved["status"], approved["decided_by"], approved["note"]) == ("approved", "hal", "Agreed.")
    assert approved["figures"] == nomination["figures"]
    shown = await people.show()
    assert shown["is_key_account"]
    assert shown["held"]["kinds"] == ["economic", "strategic"]
    assert shown["nomination"]["reason"] == "They grow with us."
    for word in ("economic, strategic", "mia", "hal", "They grow with us.", "2,400"):
        assert word in shown["words"]
    assert "关键客户（经济型、战略型）" in (await people.show(lang="zh"))["words"]
    [event] = [event for event in await announced() if isinstance(event, KeyAccountApproved)]
    assert (event.customer_id, event.kinds, event.overridden) == (ANN, ("economic", "strategic"), ())
    assert str(event.class_id) == nomination["id"]


async def test_T8_nobody_decides_on_an_own_nomination(people, database):
    await deliver(database, *steady(ANN))
    nomination = (await people.nominate(by="hal", role="head")).json()
    assert refused(await people.decide(nomination, by="hal")) == (403, "own_nomination")
    assert refused(await people.decide(nomination, "rejection", by="hal", note="No.")) == (403, "own_nomination")
    assert refused(await people.decide(nomination, by="mia", role="manager"))[0] == 403  # needs policies:approve
    assert (await people.decide(nomination, by="ida")).json()["status"] == "approved"


async def test_T8_a_nomination_is_decided_once(people, database):
    await deliver(database, *steady(ANN))
    nomination = (await people.nominate()).json()
    assert refused(await people.nominate(by="max")) == (409, "nomination_open")
    assert refused(await people.decide(nomination, "cancellation", by="max", role="manager")) == (
        403,
        "not_your_nomination",
    )
    rejected = (await people.decide(nomination, "rejection", note="Too early.")).json()
    assert (rejected["status"], rejected["note"]) == ("rejected", "Too early.")
    for step, by in (("approval", "hal"), ("rejection", "ida")):
        assert refused(await people.decide(nomination, step, by=by, note="x")) == (409, "nomination_decided")
    assert refused(await people.decide(nomination, "cancellation", by="mia", role="manager")) == (
        409,
        "nomination_decided",
    )
    again = (await people.nominate()).json()
    assert (await people.decide(again, "cancellation", by="mia", role="manager")).json()["status"] == "cancelled"
    listed = (await people.client.get(NOMINATIONS, params={"customer_id": str(ANN)})).json()["items"]
    assert [nomination["status"] for nomination in listed] == ["cancelled", "rejected"]
    assert (await people.client.get(NOMINATIONS, params={"status": "open"})).json()["items"] == []


async def test_T8_key_accounts_are_listed_by_kind_as_of_any_instant(people, database, announced):
    await deliver(database, *steady(ANN), *steady(BOB))
    before = datetime.now(UTC)
    await people.key_account(ANN, "economic")
    await people.key_account(BOB, "strategic", "important")
    between = datetime.now(UTC)
    end = f"/v1/customers/{ANN}/key-account/end"
    head = people.as_role("head", subject="hal")
    ended = (await people.client.post(end, json={"reason": "Sold."}, headers=head)).json()
    assert (ended["end_cause"], ended["end_reason"], ended["ended_by"]) == ("ended", "Sold.", "hal")

    async def listed(**query):
        answer = await people.client.get("/v1/key-accounts", params=query)
        return [UUID(account["customer_id"]) for account in answer.json()["items"]]

    assert await listed() == [BOB]
    assert await listed(as_of=between.isoformat()) == [ANN, BOB]
    assert await listed(as_of=between.isoformat(), kind="economic") == [ANN]
    assert await listed(as_of=before.isoformat()) == []
    first = (await people.client.get("/v1/key-accounts", params={"as_of": between.isoformat(), "limit": 1})).json()
    assert await listed(as_of=between.isoformat(), limit=1, cursor=first["next"]) == [BOB]
    assert (await people.show(as_of=between.isoformat()))["is_key_account"]
    now = await people.show()
    assert (now["is_key_account"], now["held"], len(now["history"])) == (False, None, 1)
    assert refused(await people.client.post(end, json={"reason": "x"})) == (404, "not_a_key_account")
    assert [event.cause for event in await announced() if isinstance(event, KeyAccountEnded)] == ["ended"]


async def test_T8_other_kinds_follow_without_a_gap(people, database, announced):
    await deliver(database, *steady(ANN))
    await people.key_account(ANN, "economic")
    assert refused(await people.nominate(ANN, "economic")) == (409, "already_a_key_account")
    await people.key_account(ANN, "economic", "strategic")
    first, second = (await people.show())["history"]
    assert (first["until"], first["end_cause"]) == (second["since"], "renewed")
    assert second["until"] is None
    types = [type(event) for event in await announced() if isinstance(event, KeyAccountApproved | KeyAccountEnded)]
    assert types == [KeyAccountApproved, KeyAccountEnded, KeyAccountApproved]


@pytest.mark.parametrize(
    ("kinds", "code", "pointer"),
    [
        (["group"], "not_a_group", "/kinds/0"),
        (["strategic", "group"], "not_a_group", "/kinds/1"),
        (["economic"], "no_figures", "/kinds/0"),
        (["important", "economic"], "no_figures", "/kinds/1"),
    ],
)
async def test_T8_a_kind_that_the_figures_belie_is_refused_and_nothing_changes(people, database, kinds, code, pointer):
    """Nobody is below the customer, and it bought longer ago than the rules look back."""
    bought = [placed(ANN, ago(900), "5000")] if "economic" in kinds else steady(ANN)
    left = [
        GroupParentChanged(customer_id=BOB, parent_id=parent, effective_from=ago(days), changed_at=ago(days))
        for days, parent in ((50, ANN), (20, None))
    ]
    await deliver(database, *bought, *left)
    answer = await people.nominate(ANN, *kinds)
    assert (*refused(answer), answer.json()["errors"][0]["pointer"]) == (422, code, pointer)
    listed = await people.client.get(NOMINATIONS, params={"customer_id": str(ANN)})
    assert listed.json()["items"] == []


async def test_T8_a_strategic_prospect_needs_neither_orders_nor_a_group(people, database):
    await deliver(database, CustomerRegistered(customer_id=ANN, kind="organisation", registered_at=ago(3)))
    await people.key_account(ANN, "strategic")
    assert (await people.show())["is_key_account"]


def bulk():
    return [placed(ANN, ago(9), "9000", cost="1000"), placed(ANN, ago(40), "10", cost="5")]


def without_profit():
    return steady(ANN, "400", cost="396")


def returner():
    orders = steady(ANN, "300", orders=8, cost="100")
    return [*orders, *(returned(order, ago(2)) for order in orders[:4])]


def debtor():
    owed = ReceivableIssued(
        receivable_id=new_id(), customer_id=ANN, amount=Decimal("1500"), issued_on=ago(90).date(),
        due_on=ago(60).date(), recorded_at=ago(90),
    )  # fmt: skip
    return [*steady(ANN), owed]


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (bulk, "one_off_bulk_buyer"), (without_profit, "large_without_profit"), (returner, "squeezer_by_returns"),
        (debtor, "squeezer_by_arrears"),
    ],
)  # fmt: skip
async def test_T8_a_disqualified_customer_is_approved_only_with_a_reason(people, database, announced, facts, rule):
    await deliver(database, *facts())
    nomination = (await people.nominate()).json()
    answer = await people.decide(nomination)
    assert refused(answer) == (409, "disqualified")
    [met] = answer.json()["disqualifications"]
    assert met["code"] == rule
    assert all(part["value"] is not None for part in met["parts"])
    assert not (await people.show())["is_key_account"]  # a refusal changes nothing
    approved = (await people.decide(nomination, override_reason="The start of a framework contract.")).json()
    assert approved["override_reason"] == "The start of a framework contract."
    assert [finding["code"] for finding in approved["findings"] if finding["met"]] == [rule]
    assert "The start of a framework contract." in (await people.show())["words"]
    [event] = [event for event in await announced() if isinstance(event, KeyAccountApproved)]
    assert event.overridden == (rule,)


async def test_T8_an_unknown_margin_disqualifies_nobody(people, database):
    await deliver(database, *steady(ANN, "900", cost=None))
    nomination = (await people.nominate()).json()
    met = {rule["code"]: rule["met"] for rule in nomination["figures"]["disqualifications"]}
    assert met["large_without_profit"] is None
    assert (await people.decide(nomination)).json()["status"] == "approved"


async def test_T8_an_override_where_nothing_was_met_is_not_kept_as_one(people, database):
    await deliver(database, *steady(ANN))
    approved = await people.key_account(ANN, override_reason="Just in case.")
    assert approved["override_reason"] is None


async def test_T8_a_group_is_looked_at_with_all_below_it(people, database):
    await deliver(database, *steady(ANN, orders=1), *steady(BOB, orders=5))
    joined = GroupParentChanged(customer_id=BOB, parent_id=ANN, effective_from=ago(100), changed_at=ago(99))
    await deliver(database, joined)
    own = (await people.nominate(ANN, "economic")).json()
    assert Decimal(own["figures"]["values"]["amount"]) == 300
    await people.decide(own, "rejection", note="No.")
    together = (await people.nominate(ANN, "group")).json()
    assert Decimal(together["figures"]["values"]["amount"]) == 1800
    assert together["figures"]["of_group"]


async def test_T8_an_exclusion_needs_two_people_and_ends_a_key_account(people, database, announced):
    await deliver(database, *steady(ANN))
    await people.key_account(ANN)
    path = "/v1/exclusions/nominations"
    body = {"customer_id": str(ANN), "reason": "Threatened our people."}
    manager = people.as_role("manager", subject="mia")
    nomination = (await people.client.post(path, json=body, headers=manager)).json()
    assert refused(await people.decide(nomination, by="mia", path=path)) == (403, "own_nomination")
    assert (await people.show())["is_key_account"]
    assert (await people.decide(nomination, path=path)).json()["status"] == "approved"
    shown = await people.show()
    assert (shown["is_key_account"], shown["excluded"]) == (False, True)
    assert "Threatened our people." in shown["words"]
    assert "拒绝服务" in (await people.show(lang="zh"))["words"]
    assert shown["history"][0]["end_cause"] == "excluded"
    assert refused(await people.nominate(ANN, "strategic")) == (409, "customer_excluded")
    listed = (await people.client.get("/v1/exclusions")).json()["items"]
    assert [exclusion["customer_id"] for exclusion in listed] == [str(ANN)]
    assert (await people.client.get(f"{NOMINATIONS}/{nomination['id']}")).status_code == 404  # it is of the other class
    end = f"/v1/customers/{ANN}/exclusion/end"
    head = people.as_role("head", subject="hal")
    assert (await people.client.post(end, json={"reason": "They apologised."}, headers=head)).status_code == 200
    assert refused(await people.client.post(end, json={"reason": "x"}, headers=head)) == (404, "not_excluded")
    assert (await people.nominate(ANN, "strategic")).status_code == 201
    types = [
        type(event)
        for event in await announced()
        if type(event) in (KeyAccountEnded, CustomerExcluded, CustomerExclusionEnded)
    ]
    assert types == [KeyAccountEnded, CustomerExcluded, CustomerExclusionEnded]


async def test_T8_bad_input_is_refused_where_it_is_wrong(people, database):
    await deliver(database, *steady(ANN))
    for more, field in (
        ({"kinds": []}, "kinds"), ({"kinds": ["big"]}, "kinds"), ({"kinds": ["group", "group"]}, "kinds"),
        ({"evidence": []}, "evidence"), ({"evidence": [{"says": ""}]}, "says"), ({"reason": ""}, "reason"),
        ({"evidence": [{"says": "x", "indicator": "nothing"}]}, "/evidence/0/indicator"),
        ({"customer_id": "1"}, "customer_id"),
        ({"reason": "a\u0000b"}, "invalid_text"), ({"extra": 1}, "extra"),
    ):  # fmt: skip
        answer = await people.nominate(**more)
        assert answer.status_code == 422, (more, answer.text)
        assert field in answer.text
    assert refused(await people.nominate(EVE)) == (404, "customer_not_found")
    assert refused(await people.decide({"id": str(new_id())})) == (404, "nomination_not_found")
    assert (await people.client.get("/v1/key-accounts?kind=big")).status_code == 422
    assert (await people.client.get("/v1/key-accounts?as_of=2150-01-01T00:00:00Z")).status_code == 422
    assert (await people.nominate(role="agent")).status_code == 403


async def test_T8_G1_a_partner_sees_its_own_customers_without_the_reasons(people, database, as_role):
    partner, other = new_id(), new_id()
    await deliver(
        database,
        *steady(ANN),
        CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{partner}", registered_at=NOW),
    )
    await people.key_account(ANN)
    url = f"/v1/customers/{ANN}/key-account"
    own = (await people.client.get(url, headers=as_role("partner", partner_id=partner))).json()
    assert (own["is_key_account"], own["nomination"]) == (True, None)
    assert "They grow with us." not in str(own)
    assert (await people.client.get(url, headers=as_role("partner", partner_id=other))).status_code == 404
    for path in (
        "/v1/key-accounts",
        NOMINATIONS,
        "/v1/key-accounts/candidates",
        "/v1/exclusions",
        "/v1/key-account-rules",
    ):
        assert (await people.client.get(path, headers=as_role("partner", partner_id=partner))).status_code == 404


async def test_T8_the_tiers_explanation_says_who_is_a_key_account_or_excluded(people, database):
    await deliver(database, *steady(ANN))
    url = f"/v1/customers/{ANN}/tier/explanation"

    async def explained(**query):
        explanation = (await people.client.get(url, params=query)).json()
        return explanation["account_class"], explanation["words"]

    assert (await explained())[0] is None
    before = datetime.now(UTC).isoformat()
    await people.key_account(ANN)
    account_class, words = await explained()
    assert (account_class, "Key account (economic)" in words) == ("key", True)
    assert (await explained(known_at=before))[0] is None
    path, manager = "/v1/exclusions/nominations", people.as_role("manager", subject="mia")
    body = {"customer_id": str(ANN), "reason": "Threatened our people."}
    await people.decide((await people.client.post(path, json=body, headers=manager)).json(), path=path)
    account_class, words = await explained(lang="zh")
    assert (account_class, "拒绝服务客户" in words) == ("excluded", True)
    assert "Threatened" not in words  # the reason is for who asks about the class itself
