"""What a reader of a tier is shown of the figures behind it: nothing the reader could not read as an indicator (G1)."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from services.tiering_svc.subscriptions import subscriptions
from services.tiering_svc.tiers.domain.audience import readable_reasons
from services.tiering_svc.tiers.domain.explanation import reasons_of
from services.tiering_svc.tiers.texts import write_explanation
from shared.events import CustomerReferenceRegistered
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.policies.test_policies import figures_of
from tests.tiering_svc.policy_documents import condition, known
from tests.tiering_svc.runs import put_in_force
from tests.tiering_svc.shorthand import at, bands_document, policy_of

SERVICE = "tiering"
ANN, PARTNER = UUID(int=1), UUID(int=77)
MARCH = date(2026, 3, 1)
NAMES = [policy.names["en"] for policy in DEFAULT_POLICIES]
MARGIN = frozenset({"margin", "margin_rate"})
BY_MARGIN = bands_document(("gold", "20"), ("platinum", "500")) | {"indicator": "margin"}


@pytest.fixture
def headers_of(as_role):
    return lambda role: as_role(role, partner_id=PARTNER if role == "partner" else None, scopes=["tiers:read"])


async def sell_to_ann(database, document):
    await put_in_force(database, document)
    reference = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{PARTNER}", registered_at=at(1))
    await harness.deliver(database, subscriptions, [reference, placed(ANN, datetime.now(UTC), "777", cost="654")])


async def read(client, path, headers, **query):
    answer = await client.get(f"/v1/customers/{ANN}/tier{path}", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- over HTTP ---


@pytest.mark.parametrize("role", ["partner", "agent"])
async def test_G1_a_tier_by_margin_is_shown_without_the_margin(client, database, headers_of, role):
    await sell_to_ann(database, BY_MARGIN)
    tier = await read(client, "", headers_of(role))
    assert (tier["tier"], tier["value"]) == ("gold", None)
    following = tier["next"]
    assert (following["code"], following["indicator"], following["missing"], following["from"]) == (
        "platinum", None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["manager", "head", "analyst", "auditor", "admin"])
async def test_G1_who_answers_for_results_reads_it(client, database, headers_of, role):
    await sell_to_ann(database, BY_MARGIN)
    tier = await read(client, "", headers_of(role))
    assert (tier["value"], tier["next"]["indicator"], tier["next"]["missing"]) == ("123", "margin", "377")
    explanation = await read(client, "/explanation", headers_of(role))
    assert (explanation["reasons"]["indicator"], explanation["reasons"]["value"]) == ("margin", "123")
    assert "gross margin was 123 USD" in explanation["words"]


@pytest.mark.parametrize("role", ["partner", "agent"])
async def test_G1_an_explanation_says_that_figures_are_not_shown(client, database, headers_of, role):
    await sell_to_ann(database, BY_MARGIN)
    explanation = await read(client, "/explanation", headers_of(role))
    assert "123" not in json.dumps(explanation["reasons"] | {"order_id": None})
    assert not {"value", "indicator", "band", "bands"} & explanation["reasons"].keys()
    assert "The figures behind it are not shown here." in explanation["words"]
    assert "USD" not in explanation["words"]
    assert "所依据的数据不在此显示" in (await read(client, "/explanation", headers_of(role), lang="zh"))["words"]


async def test_G1_a_tier_by_amount_is_explained_to_a_partner_in_full(client, database, headers_of):
    await sell_to_ann(database, bands_document(("gold", "550"), ("platinum", "1000")))
    tier = await read(client, "", headers_of("partner"))
    assert (tier["value"], tier["next"]["missing"]) == ("777", "223")
    now = datetime.now(UTC).isoformat()
    inside, outside = [
        await read(client, "/explanation", headers_of(role), at=now, known_at=now) for role in ("head", "partner")
    ]
    assert outside == inside


async def test_G1_a_partner_is_not_told_who_set_a_tier_and_why(client, database, headers_of):
    await sell_to_ann(database, bands_document(("gold", "550"), ("platinum", "1000")))
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    body = {"tier": "platinum", "reason": "the chairman's cousin", "until": until}
    url = f"/v1/customers/{ANN}/tier/overrides"
    assert (await client.post(url, json=body)).status_code == 201
    inside, outside = [(await read(client, "/explanation", headers_of(role))) for role in ("agent", "partner")]
    assert (inside["reasons"]["by"], inside["reasons"]["reason"]) == ("admin-1", "the chairman's cousin")
    assert not {"by", "reason"} & outside["reasons"].keys()
    assert "It holds until" in outside["words"]


# --- as data ---


def buyer(margin: str = "123.45") -> CustomerSnapshot:
    return known("1000", margin, days="33.3333", complaints=1)


def test_G1_who_may_read_everything_is_shown_the_reasons_as_they_are():
    for shipped in DEFAULT_POLICIES:
        reasons = reasons_of(policy_of(shipped.document), buyer(), MARCH, 0, trigger="review")
        assert readable_reasons(reasons, frozenset(), internal=True) == reasons


@pytest.mark.parametrize(
    "document", [policy.document for policy in DEFAULT_POLICIES], ids=[s.names["en"] for s in DEFAULT_POLICIES]
)
def test_G1_two_customers_who_differ_in_margin_only_are_explained_alike(document):
    """Nothing of it can be worked out: neither a sum it is part of, nor what is missing to the next level."""
    policy = policy_of(document)
    explained = []
    for margin in ("123.45", "123.46"):
        reasons = reasons_of(policy, buyer(margin), MARCH, 0, trigger="review")
        shown = readable_reasons(reasons, MARGIN, internal=True)
        words = [
            write_explanation("first", shown, at(1), language, zone=UTC, currency="USD") for language in ("en", "zh")
        ]
        explained.append((shown, words))
    assert explained[0] == explained[1]


def test_G1_the_readable_part_of_a_score_stays():
    policy = policy_of(next(s.document for s in DEFAULT_POLICIES if s.document["kind"] == "scorecard"))
    shown = readable_reasons(reasons_of(policy, buyer(), MARCH, 0, trigger="review"), MARGIN, internal=True)
    assert [item["indicator"] for item in shown["score"]["items"]] == ["collection_period"]
    assert not {"total", "most"} & shown["score"].keys()
    words = write_explanation("first", shown, at(1), "en", zone=UTC, currency="USD")
    assert "average collection period 33.33 days" in words
    assert "score was" not in words


def test_G1_a_condition_on_margin_is_left_out_with_what_it_holds_up():
    document = bands_document(("gold", "500"), ("platinum", "1000"))
    held = [condition("margin_rate < 0.5", at_most="gold"), condition("amount > 1.0", at_most="gold")]
    held[1]["name"] = {"en": "Open rule", "zh": "公开"}
    reasons = reasons_of(policy_of(document | {"conditions": held}), buyer(), MARCH, 1, trigger="review")
    assert len(reasons["conditions"]) == len(reasons["next"]["held_by"]) == 2
    shown = readable_reasons(reasons, MARGIN, internal=True)
    assert [rule["name"]["en"] for rule in shown["conditions"]] == ["Open rule"]
    assert shown["next"]["held_by"] == [held[1]["name"]]
    assert shown["value"] == "1000"
    assert Decimal(shown["next"]["missing"]) == 0


def test_G1_stars_stand_on_the_amount_alone():
    policy = policy_of(next(s.document for s in DEFAULT_POLICIES if s.document["kind"] == "star"))
    reasons = reasons_of(policy, figures_of("900"), MARCH, 0, trigger="review")
    assert readable_reasons(reasons, MARGIN, internal=True) == reasons
