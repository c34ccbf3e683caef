"""T8: risk flags of key accounts by rules that are data, cleared when the cause is gone; and by hand, with an end."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.key_accounts.domain.risk_flags import RiskFlag, flag_by_rules
from services.tiering_svc.key_accounts.domain.rules import Examination, IndicatorCondition, IndicatorRule, examine
from services.tiering_svc.key_accounts.handlers.risk_flags import check_due_accounts
from services.tiering_svc.subscriptions import timers
from shared.events import (
    CustomerReferenceRegistered,
    PaymentReceived,
    ReceivableIssued,
    RiskFlagCleared,
    RiskFlagRaised,
)
from shared.jobs import list_jobs
from shared.messaging import new_id
from tests.tiering_svc.events import placed
from tests.tiering_svc.key_accounts.people import ANN, BOB, NOW, People, ago, deliver, refused, steady
from tests.tiering_svc.runs import Worker
from tests.tiering_svc.schedules.installed import install, request_due

SERVICE = "tiering"
HOUR = timedelta(hours=1)


@pytest.fixture
def people(client, as_role):
    return People(client, as_role)


async def check(database, age: timedelta = timedelta(0)) -> bool:
    """The rules check who was not checked for so long; whether anybody was due."""
    return await database.run(lambda tx: check_due_accounts(tx, tx.at - age)) > 0


async def risks_of(people, customer=ANN, **query):
    answer = await people.client.get(f"/v1/customers/{customer}/risks", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def owed(amount: str = "900") -> ReceivableIssued:
    return ReceivableIssued(
        receivable_id=new_id(), customer_id=ANN, amount=Decimal(amount), issued_on=ago(60).date(),
        due_on=ago(30).date(), recorded_at=ago(60),
    )  # fmt: skip


async def test_T8_a_rule_raises_a_flag_once_and_clears_it_when_the_cause_is_gone(people, database, announced):
    debt = owed()
    await deliver(database, *steady(ANN), *steady(BOB, "20000"), debt)
    await people.key_account(ANN)
    assert (await risks_of(people))["checked_at"] is None
    await check(database)
    await check(database)
    risks = await risks_of(people)
    assert risks["checked_at"] is not None
    [flag] = risks["items"]
    assert (flag["risk"], flag["source"], flag["rule"]) == ("finance", "rule", "pays_late")
    part = flag["evidence"]["finding"]["parts"][1]
    assert (part["indicator"], part["value"], part["bound"]) == ("arrears_rate", "1", "0.3")
    assert "Finance risk" in flag["words"]
    assert "财务风险" in (await risks_of(people, lang="zh"))["items"][0]["words"]
    by_hand = await people.client.post(f"/v1/customers/{ANN}/risks/{flag['id']}/end", json={"reason": "x"})
    assert refused(by_hand) == (409, "raised_by_a_rule")
    between = datetime.now(UTC)
    paid = PaymentReceived(
        payment_id=new_id(), receivable_id=debt.receivable_id, customer_id=ANN, amount=debt.amount,
        outstanding=Decimal(0), paid_at=ago(0),
    )  # fmt: skip
    await deliver(database, paid)
    await check(database)
    assert (await risks_of(people))["items"] == []
    assert len((await risks_of(people, as_of=between.isoformat()))["items"]) == 1
    events = [event for event in await announced() if isinstance(event, RiskFlagRaised | RiskFlagCleared)]
    assert [(type(event).__name__, event.risk) for event in events] == [
        ("RiskFlagRaised", "finance"), ("RiskFlagCleared", "finance")
    ]  # fmt: skip
    assert events[1].cause == "cause_gone"


async def test_T8_rules_look_at_key_accounts_only_and_again_after_a_while(people, database):
    await deliver(database, *steady(ANN, "300", cost="299"), *steady(BOB, "300", cost="299"))
    await people.key_account(ANN, override_reason="Still.")
    assert await check(database, HOUR)
    assert not await check(database, HOUR)  # it was looked at just now
    assert [flag["risk"] for flag in (await risks_of(people))["items"]] == ["profit", "concentration"]
    assert (await risks_of(people, BOB))["items"] == []


async def test_T8_a_new_key_account_is_looked_at_at_once_and_everybody_again_after_an_hour(people, database):
    await deliver(database, *steady(ANN, "300", cost="299"), *steady(BOB, "300", cost="299"))
    worker = Worker(database)
    for customer in (ANN, BOB):
        await people.key_account(customer, override_reason="Still.")
        await worker.to_the_end("risk_sweep")
        assert (await risks_of(people, customer))["checked_at"] is not None
    assert not await worker.advance("risk_sweep")
    sweeps = await database.run(lambda tx: list_jobs(tx, "risk_sweep", None, 10))
    assert [(sweep.status, sweep.done) for sweep in sweeps] == [("done", 1), ("done", 1)]
    long_ago = "update account_class set risks_checked_at = now() - interval '61 minutes'"
    await database.run(lambda tx: tx.raw.execute(long_ago))
    assert not await worker.advance("risk_sweep")
    await install(database, datetime.now(UTC) - timedelta(minutes=61))
    await request_due(database)  # what is shipped is an hourly sweep
    await worker.to_the_end("risk_sweep")
    [newest, *_] = await database.run(lambda tx: list_jobs(tx, "risk_sweep", None, 10))
    assert (newest.status, newest.done) == ("done", 2)


async def test_T8_flags_of_rules_go_with_the_key_account(people, database, announced):
    await deliver(database, *steady(ANN, "300", cost="299"))
    await people.key_account(ANN, override_reason="Still.")
    await check(database)
    await people.client.post(
        f"/v1/customers/{ANN}/key-account/end", json={"reason": "Over."}, headers=people.as_role("head")
    )
    assert (await risks_of(people))["items"] == []
    cleared = [event.cause for event in await announced() if isinstance(event, RiskFlagCleared)]
    assert set(cleared) == {"not_a_key_account"}


async def test_T8_a_flag_set_by_hand_ends_by_itself_or_by_hand(people, database, announced):
    await deliver(database, placed(ANN, ago(3), "10"))
    url, until = f"/v1/customers/{ANN}/risks", datetime.now(UTC) + timedelta(days=30)
    body = {"risk": "management", "reason": "The purchasing head leaves.", "until": until.isoformat()}
    manager = people.as_role("manager", subject="mia")
    flag = (await people.client.post(url, json=body, headers=manager)).json()
    assert (flag["source"], flag["raised_by"]) == ("hand", "mia")
    assert "The purchasing head leaves." in flag["words"]
    assert refused(await people.client.post(url, json=body, headers=manager)) == (409, "already_flagged")
    cleared = await people.client.post(f"{url}/{flag['id']}/end", json={"reason": "A good successor."}, headers=manager)
    assert cleared.json()["clear_cause"] == "by_hand"
    again = await people.client.post(f"{url}/{flag['id']}/end", json={"reason": "x"}, headers=manager)
    assert refused(again) == (409, "already_cleared")
    other = (await people.client.post(url, json=body, headers=manager)).json()

    async def pass_to_the_end(tx) -> None:
        await tx.raw.execute("update timer set due_at = now() - interval '1 second' where aggregate = $1", other["id"])

    await database.run(pass_to_the_end)
    while await timers.fire_due(database):
        pass
    assert (await risks_of(people))["items"] == []
    causes = [event.cause for event in await announced() if isinstance(event, RiskFlagCleared)]
    assert causes == ["by_hand", "end_reached"]


async def test_T8_bad_flags_are_refused_where_they_are_wrong(people, database):
    await deliver(database, placed(ANN, ago(3), "10"))
    url, soon = f"/v1/customers/{ANN}/risks", (datetime.now(UTC) + HOUR).isoformat()
    good = {"risk": "profit", "reason": "x", "until": soon}
    for more, code in (
        ({"risk": "weather"}, 422), ({"reason": ""}, 422), ({"until": "soon"}, 422),
        ({"until": ago(1).isoformat()}, 422),
    ):  # fmt: skip
        assert (await people.client.post(url, json=good | more)).status_code == code
    past = await people.client.post(url, json=good | {"until": ago(1).isoformat()})
    assert (past.json()["code"], past.json()["errors"][0]["pointer"]) == ("in_the_past", "/until")
    assert refused(await people.client.post(f"{url}/{new_id()}/end", json={"reason": "x"})) == (
        404,
        "flag_not_found",
    )
    assert (await people.client.post(url, json=good, headers=people.as_role("agent"))).status_code == 403
    unknown = await people.client.post(f"/v1/customers/{UUID(int=9)}/risks", json=good)
    assert refused(unknown) == (404, "customer_not_found")


async def test_T8_G1_a_partner_is_told_a_risk_without_its_reason(people, database, as_role):
    partner, other = new_id(), new_id()
    await deliver(
        database,
        placed(ANN, ago(3), "10"),
        CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{partner}", registered_at=NOW),
    )
    body = {"risk": "finance", "reason": "Near bankruptcy.", "until": (datetime.now(UTC) + HOUR).isoformat()}
    await people.client.post(f"/v1/customers/{ANN}/risks", json=body)
    url = f"/v1/customers/{ANN}/risks"
    risks = (await people.client.get(url, headers=as_role("partner", partner_id=partner))).json()
    assert [flag["risk"] for flag in risks["items"]] == ["finance"]
    assert "Near bankruptcy." not in str(risks)
    assert (await people.client.get(url, headers=as_role("partner", partner_id=other))).status_code == 404
    writes = await people.client.post(url, json=body, headers=as_role("partner", partner_id=partner))
    assert writes.status_code == 403


# --- pure ----------------------------------------------------------------------------------------------------------

RULE = IndicatorRule(
    "r",
    {"en": "R", "zh": "规"},
    (IndicatorCondition("amount", "over", Decimal(5)), IndicatorCondition("orders", "at_most", Decimal(2))),
    "churn",
)


@pytest.mark.parametrize(
    ("values", "met"),
    [
        ({"amount": Decimal(6), "orders": 2}, True), ({"amount": Decimal(5), "orders": 2}, False),
        ({"amount": None, "orders": 2}, None), ({"amount": None, "orders": 3}, False), ({}, None),
    ],
)  # fmt: skip
def test_T8_a_rule_is_met_not_met_or_not_known(values, met):
    assert examine(RULE, values).met is met


@pytest.mark.parametrize(("met", "open_before", "raised", "cleared"), [
    (True, False, 1, 0), (True, True, 0, 0), (False, True, 0, 1), (None, True, 0, 0), (None, False, 0, 0),
    (False, False, 0, 0),
])  # fmt: skip
def test_T8_what_is_not_known_raises_nothing_and_clears_nothing(met, open_before, raised, cleared):
    flag = RiskFlag(UUID(int=1), ANN, "churn", "rule", "r", None, {}, "patron", ago(1))
    finding = Examination("r", RULE.names, met, (), "churn")
    decision = flag_by_rules(ANN, [flag] if open_before else [], [finding], NOW, new_id, {})
    assert (len(decision.raised), len(decision.cleared), len(decision.events)) == (raised, cleared, raised + cleared)
