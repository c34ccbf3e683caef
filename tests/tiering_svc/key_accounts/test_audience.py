"""What an agent and a partner read of key accounts and risks (G1): no margin, and nothing that tells it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.tiering_svc.key_accounts.domain.audience import is_readable, readable_nomination
from services.tiering_svc.key_accounts.domain.key_account import Nomination
from services.tiering_svc.key_accounts.handlers.risk_flags import check_due_accounts
from shared.events import CustomerReferenceRegistered
from shared.messaging import new_id
from tests.tiering_svc.key_accounts.people import ANN, BOB, NOMINATIONS, NOW, People, deliver, steady

SERVICE = "tiering"
PARTNER = new_id()
MARGIN = frozenset({"margin", "margin_rate"})


@pytest.fixture
def people(client, as_role):
    return People(client, as_role)


@pytest.fixture
async def thin(people, database):
    """Ann buys much and leaves little: a key account all the same, with the risk that follows."""
    reference = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{PARTNER}", registered_at=NOW)
    await deliver(database, *steady(ANN, "400", cost="396"), *steady(BOB, "90000", cost="1"), reference)
    await people.key_account(ANN, override_reason="The start of a framework contract.")
    await database.run(lambda tx: check_due_accounts(tx, tx.at))
    return people


def says_the_margin(answer) -> bool:
    """Ann's margin rate is 0.01, by which a rule disqualifies and another one flags a risk."""
    text = answer.text
    return "margin" in text.lower() or "毛利" in text or "without_profit" in text


async def read(people, path, role, **query):
    headers = people.as_role(role, partner_id=PARTNER if role == "partner" else None, scopes=["tiers:read"])
    answer = await people.client.get(path, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("role", "reads_it"), [("partner", False), ("agent", False), ("manager", True), ("head", True)]
)
async def test_G1_why_a_customer_is_a_key_account_is_told_without_its_margin(thin, role, reads_it, language):
    answer = await read(thin, f"/v1/customers/{ANN}/key-account", role, lang=language)
    assert says_the_margin(answer) == reads_it
    assert ("framework contract" in answer.text) == (role != "partner")


@pytest.mark.parametrize(("role", "reads_it"), [("agent", False), ("manager", True), ("auditor", True)])
async def test_G1_a_nomination_is_read_without_the_margin(thin, role, reads_it):
    evidence = [{"says": "They press us.", "indicator": "margin"}, {"says": "They grow.", "indicator": "amount"}]
    nomination = (await thin.nominate(BOB, evidence=evidence)).json()
    assert "margin" in nomination["figures"]["values"]  # a manager's
    for path in (NOMINATIONS, f"{NOMINATIONS}/{nomination['id']}"):
        answer = await read(thin, path, role)
        assert says_the_margin(answer) == reads_it
        assert "They grow." in answer.text
        assert "share_of_revenue" in answer.text


@pytest.mark.parametrize(("role", "reads_it"), [("partner", False), ("agent", False), ("manager", True)])
async def test_G1_a_risk_found_in_the_margin_is_told_without_it(thin, role, reads_it):
    answer = await read(thin, f"/v1/customers/{ANN}/risks", role)
    [flag] = answer.json()["items"]
    assert (flag["risk"], flag["rule"]) == ("profit", "thin_margin" if reads_it else None)
    assert says_the_margin(answer) == reads_it
    assert (flag["raised_by"] is None) == (role == "partner")


async def test_G1_candidates_by_margin_are_listed_without_it(people, database):
    await deliver(database, *steady(ANN, "900", orders=14, cost="300"))
    query = {"kind": "important", "as_of": datetime.now(UTC).isoformat()}
    shown, hidden = [
        (await read(people, "/v1/key-accounts/candidates", role, **query)).json()["items"]
        for role in ("manager", "agent")
    ]
    assert [part["indicator"] for part in shown[0]["because"]["parts"]] == ["margin_rate", "orders"]
    assert [part["indicator"] for part in hidden[0]["because"]["parts"]] == ["orders"]
    assert ("Margin rate" in shown[0]["words"], "Margin rate" in hidden[0]["words"]) == (True, False)
    assert Decimal(hidden[0]["amount"]) == 12600


def test_G1_a_finding_is_readable_when_all_it_looked_at_is():
    parts = [{"indicator": "amount"}, {"indicator": "margin_rate"}]
    findings = [{"code": "a", "met": True, "parts": parts}, {"code": "b", "met": None, "parts": parts[:1]}]
    assert [is_readable(finding, MARGIN) for finding in findings] == [False, True]
    figures = {"values": {"amount": "1", "margin": "2"}, "disqualifications": findings}
    nomination = Nomination(
        new_id(), ANN, "key", ("group",), "x", (), figures, "mia", NOW - timedelta(days=1), findings=tuple(findings)
    )
    shown = readable_nomination(nomination, MARGIN)
    assert shown.figures == {"values": {"amount": "1"}, "disqualifications": findings[1:]}
    assert shown.findings == tuple(findings[1:])
    assert readable_nomination(nomination, frozenset()) == nomination
