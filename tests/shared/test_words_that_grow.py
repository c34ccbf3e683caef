"""Kinds, channels, roles and stages in events are codes: one that a consumer does not know is "other" to it.

A release that announces a new one comes service by service. Whoever hears it before it knows it neither parks it nor
blocks the key, and its figures count it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.chassis.contract.asyncapi import schema_of
from shared.events import (
    CATALOGUE,
    OWNERS,
    ComplaintEscalated,
    ComplaintFiled,
    ContactLogged,
    CustomerRegistered,
    DeadlineBreached,
    DeadlineWarned,
    Event,
    KeyAccountApproved,
    KeyAccountEnded,
    PointsPosted,
    RiskFlagCleared,
    RiskFlagRaised,
    TeamMemberAssigned,
    TeamMemberReleased,
    TierChanged,
    WarningEased,
    WarningEscalated,
    WarningRaised,
)
from shared.messaging import Database
from tests import harness

NEW = "of-tomorrow"  # a word that nobody knows yet
ANN, ACCOUNT, WARNING, POLICY, CASE, FLAG = (UUID(int=n) for n in range(1, 7))
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
OF_CASE: dict[str, Any] = {"subject_id": ANN, "case_id": CASE, "customer_id": ANN}
OF_WARNING: dict[str, Any] = {"customer_id": ANN, "warning_id": WARNING, "cause": NEW, "severity": NEW}
MEMBER: dict[str, Any] = {"customer_id": ANN, "assignment_id": ACCOUNT, "employee_id": "E-1", "role": NEW}

# Closed by nature: a person or not, or not known; a rule or a person; the days of the week.
CLOSED = {
    ("profile.customer_registered.v1", "kind"),
    ("profile.customer_traits_changed.v1", "kind"),
    ("tiering.risk_flag_raised.v1", "source"),
    ("complaint.calendar_activated.v1", "weekday"),  # of the seven
}

FACTS: tuple[Event, ...] = (
    CustomerRegistered(customer_id=ANN, kind="person", registered_at=AT),
    TeamMemberAssigned(**MEMBER, assigned_at=AT),
    TeamMemberReleased(**MEMBER, released_at=LATER),
    ContactLogged(customer_id=ANN, entry_id=UUID(int=9), employee_id="E-1", channel=NEW, contacted_at=AT),
    TierChanged(
        customer_id=ANN, change_id=POLICY, tier="GOLD", rank=2, kind=NEW, effective_from=AT, decided_at=AT,
        policy_id=POLICY, policy_version=1,
    ),
    KeyAccountApproved(customer_id=ANN, class_id=ACCOUNT, kinds=(NEW,), since=AT),
    RiskFlagRaised(customer_id=ANN, flag_id=FLAG, risk=NEW, source="rule", rule=NEW, raised_at=AT),
    RiskFlagCleared(customer_id=ANN, flag_id=FLAG, risk=NEW, cause=NEW, cleared_at=LATER),
    KeyAccountEnded(customer_id=ANN, class_id=ACCOUNT, cause=NEW, ended_at=LATER),
    WarningRaised(**OF_WARNING, rule_id=POLICY, rule_version=1, as_of=AT),
    WarningEscalated(**OF_WARNING, since=AT, as_of=LATER),
    WarningEased(**OF_WARNING, since=AT, as_of=LATER),
    ComplaintFiled(**OF_CASE, kind=NEW, severity=NEW, channel=NEW, category=NEW, filed_at=AT),
    DeadlineWarned(**OF_CASE, stage=NEW, due_at=LATER, warned_at=AT),
    DeadlineBreached(**OF_CASE, stage=NEW, due_at=LATER, breached_at=LATER),
    ComplaintEscalated(**OF_CASE, stage=NEW, escalation_level=NEW, escalated_at=LATER),
    PointsPosted(
        customer_id=ANN, entry_id=UUID(int=8), kind=NEW, points=5, balance=5, held=0, debt=0, posted_at=AT
    ),
)  # fmt: skip


def closed_sets() -> Iterator[tuple[str, str]]:
    """(type of event, field) of everything that takes a few words only."""
    for type_, event in CATALOGUE.items():
        schema = schema_of(event)
        for part in (schema, *schema.get("$defs", {}).values()):
            for name, field in part["properties"].items():
                choices = [field, field.get("items", {}), *field.get("anyOf", ())]
                if any("enum" in choice or "const" in choice for choice in choices):
                    yield type_, name


@pytest.mark.pure
def test_what_grows_is_a_code_and_closed_is_only_what_is_closed_by_nature() -> None:
    assert set(closed_sets()) == CLOSED


@pytest.fixture(params=harness.SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_no_consumer_stops_at_a_word_of_tomorrow(service: str, database: Database, one_by_one: bool) -> None:
    subscriptions = harness.part_of(service, "subscriptions").subscriptions
    facts = [fact for fact in FACTS if OWNERS[fact.topic] != service]
    for batch in [[fact] for fact in facts] if one_by_one else [facts]:
        await harness.deliver(database, subscriptions, batch)


@pytest.mark.parametrize("service", ["profile"], indirect=True)
async def test_the_overview_and_the_pop_show_words_of_tomorrow(client, database) -> None:
    opened = await client.post(
        "/v1/customers",
        json={"id": str(ANN), "kind": "person", "names": [{"name": "Ann"}], "phones": [{"number": "+12025550123"}]},
    )
    assert opened.status_code == 201, opened.text
    subscriptions = harness.part_of("profile", "subscriptions").subscriptions
    await harness.deliver(database, subscriptions, [fact for fact in FACTS if fact.topic != "patron.profile"])
    shown = (await client.get(f"/v1/customers/{ANN}/overview")).json()
    assert (shown["tier"]["tier"], shown["tier"]["kind"]) == ("GOLD", NEW)
    assert (shown["cases"]["open"], shown["cases"]["overdue"], shown["points"]["balance"]) == (1, 1, 5)
    assert [warning["severity"] for warning in shown["warnings"]] == [NEW]
    pop = (await client.get("/v1/calls/pop", params={"number": "+12025550123"})).json()["matches"][0]
    alerts = {alert["code"]: (alert["weight"], alert["en"], alert["zh"]) for alert in pop["alerts"]}
    assert alerts["early_warning"] == ("normal", "early warning: of-tomorrow", "预警：“of-tomorrow”")


@pytest.mark.parametrize("service", ["tiering"], indirect=True)
async def test_figures_count_a_case_and_a_contact_of_a_word_of_tomorrow(client, database) -> None:
    subscriptions = harness.part_of("tiering", "subscriptions").subscriptions
    await harness.deliver(database, subscriptions, [fact for fact in FACTS if fact.topic != "patron.tiering"])
    answer = await client.get(
        f"/v1/customers/{ANN}/indicators", params={"as_of": (LATER + timedelta(days=1)).isoformat(), "months": 1}
    )
    values = {indicator["code"]: indicator["value"] for indicator in answer.json()["indicators"]}
    assert [values[code] for code in ("cases", "complaints", "open_cases", "contacts")] == ["1", "0", "1", "1"]
    assert Decimal(values["complaint_share"]) == 0
