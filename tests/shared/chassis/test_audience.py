"""One table of who reads what: partners, agents, and those who answer for results."""

from uuid import uuid4

import pytest

from shared.chassis.access import ROLES, Actor
from shared.chassis.audience import FIELDS, MAY_READ, filter_fields, hidden_fields, may_read

ANSWER = {
    "customer": {"id": "1", "names": [{"name": "Wang"}]},
    "account_manager": {"name": "Ann"},
    "receivables": {"outstanding": "5.00"},
    "orders": [{"amount": "9.00", "lines": [{"amount": "9.00", "unit_cost": "4.00"}], "margin": "5.00"}],
    "tasks": 3,
}


def actor(*roles: str) -> Actor:
    partner = uuid4() if "partner" in roles else None
    return Actor("x", "partner" if partner else "person", frozenset(roles), frozenset(), partner)


def test_every_kind_says_who_reads_it_and_by_which_fields() -> None:
    assert set(MAY_READ) == set(FIELDS)
    assert all(roles <= set(ROLES) for roles in MAY_READ.values())
    names = [name for fields in FIELDS.values() for name in fields]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("role", ["manager", "head", "analyst", "auditor", "admin"])
def test_those_who_answer_for_results_read_everything(role: str) -> None:
    assert hidden_fields(actor(role)) == frozenset()
    assert filter_fields(ANSWER, actor(role)) == ANSWER
    assert filter_fields(ANSWER, actor("agent", role)) == ANSWER  # any role that may


def test_an_agent_reads_neither_margin_nor_cost() -> None:
    seen = filter_fields(ANSWER, actor("agent"))
    assert seen["orders"] == [{"amount": "9.00", "lines": [{"amount": "9.00"}]}]
    assert seen["receivables"] == ANSWER["receivables"]
    assert seen["account_manager"] == ANSWER["account_manager"]
    assert not may_read(actor("agent"), "margin")


def test_what_is_about_an_indicator_goes_with_it() -> None:
    margin = {"indicator": "margin", "missing": "5.00"}
    tier = {"tier": "gold", "next": margin, "items": [margin, {"indicator": "amount", "missing": "1.00"}]}
    assert filter_fields(tier, actor("agent")) == {"tier": "gold", "items": [tier["items"][1]]}
    assert filter_fields(tier, actor("head")) == tier


def test_a_partner_reads_no_figures_of_the_companys_own() -> None:
    assert filter_fields(ANSWER, actor("partner")) == {
        "customer": ANSWER["customer"], "orders": [{"amount": "9.00", "lines": [{"amount": "9.00"}]}],
    }  # fmt: skip
    assert {"margin", "margin_rate", "arrears", "open_tasks", "account_manager"} <= hidden_fields(actor("partner"))
    assert not any(may_read(actor("partner"), kind) for kind in MAY_READ)


def test_nobody_in_particular_reads_nothing_of_it_and_services_read_all() -> None:
    assert hidden_fields(actor()) == hidden_fields(actor("partner"))
    assert hidden_fields(Actor("tiering", "service", frozenset(), frozenset({"internal"}))) == frozenset()
