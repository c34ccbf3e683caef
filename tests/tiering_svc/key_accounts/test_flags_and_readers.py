"""T8 as decisions: a risk is flagged once by the first rule that is met; a reader reads what it may."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest

from services.tiering_svc.key_accounts.domain.audience import readable_findings, readable_flag, readable_parts
from services.tiering_svc.key_accounts.domain.risk_flags import (
    RiskFlag,
    RiskFlagDecision,
    clear_by_hand,
    clear_of_rules,
    flag_by_rules,
    set_by_hand,
)
from services.tiering_svc.key_accounts.domain.rules import (
    Examination,
    IndicatorCondition,
    IndicatorRule,
    examine,
    read_account_rules,
)
from shared.errors import DomainError
from shared.events import RiskFlagCleared, RiskFlagRaised

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
ANN = UUID(int=1)
NAMES = {"en": "Thin", "zh": "薄"}
THIN = IndicatorRule("thin", NAMES, (IndicatorCondition("margin_rate", "under", Decimal("0.05")),), "profit")
CONDITION = {"indicator": "amount", "at_least": "100"}
RULE = {"code": "large", "name": NAMES, "when": [CONDITION]}
DOCUMENT = {"window_months": 12, "disqualifications": [RULE], "risks": [], "candidates": []}


def finding(met: bool | None, code: str = "thin") -> Examination:
    parts = ({"indicator": "margin_rate", "met": met}, {"indicator": "orders", "met": met})
    return Examination(code, NAMES, met, parts, "profit")


def decide(flags: list[RiskFlag], *findings: Examination) -> RiskFlagDecision:
    ids = count(10)
    return flag_by_rules(ANN, flags, findings, AT, lambda: UUID(int=next(ids)), {"rules_version": 1})


@pytest.mark.parametrize(("value", "met"), [("0.04", True), ("0.05", False), (None, None)])
def test_T8_what_is_not_known_is_neither_met_nor_not(value: str | None, met: bool | None) -> None:
    examination = examine(THIN, {"margin_rate": None if value is None else Decimal(value)})
    assert (examination.met, examination.risk, examination.as_data()["met"]) == (met, "profit", met)


def test_T8_a_risk_is_flagged_once_by_the_first_rule_that_is_met() -> None:
    decision = decide([], finding(None), finding(True, "first"), finding(True, "second"))
    [flag] = decision.raised
    assert (flag.risk, flag.rule, flag.evidence["finding"]["code"]) == ("profit", "first", "first")
    assert [type(event) for event in decision.events] == [RiskFlagRaised]
    again = decide([flag], finding(True, "second"))
    assert (again.raised, again.cleared) == ([], [])


def test_T8_a_flag_comes_down_when_no_rule_of_its_risk_is_met_and_not_by_ignorance() -> None:
    [flag] = decide([], finding(True)).raised
    assert decide([flag], finding(False), finding(None)).cleared == []
    gone = decide([flag], finding(False))
    assert [type(event) for event in gone.events] == [RiskFlagCleared]
    assert gone.cleared[0].cleared_at == AT
    assert len(clear_of_rules([flag], AT, "bob").cleared) == 1


def test_T8_a_flag_set_by_hand_has_an_end_and_is_one_a_risk() -> None:
    until = AT + timedelta(days=30)
    flag = set_by_hand(UUID(int=5), ANN, "churn", "hearsay", until, "bob", AT, [])
    assert clear_of_rules([flag], AT, "bob").cleared == []
    with pytest.raises(DomainError, match="in the future"):
        set_by_hand(UUID(int=6), ANN, "churn", "hearsay", AT, "bob", AT, [])
    with pytest.raises(DomainError, match="already"):
        set_by_hand(UUID(int=6), ANN, "churn", "hearsay", until, "bob", AT, [flag])
    cleared, event = clear_by_hand(flag, "ann", AT, "it was nothing")
    assert (cleared.cleared_at, type(event)) == (AT, RiskFlagCleared)
    with pytest.raises(DomainError, match="was cleared"):
        clear_by_hand(cleared, "ann", AT, "again")


def test_T8_a_flag_of_a_rule_is_not_cleared_by_hand() -> None:
    [flag] = decide([], finding(True)).raised
    with pytest.raises(DomainError, match="A rule raised it"):
        clear_by_hand(flag, "ann", AT, "no")


def test_G1_a_finding_is_readable_when_everything_it_looked_at_is() -> None:
    data = finding(True).as_data()
    assert readable_findings([data], frozenset({"orders"})) == []
    assert readable_findings([data], frozenset({"amount"})) == [data]
    assert [part["indicator"] for part in readable_parts(data, {"margin_rate"})["parts"]] == ["orders"]


def test_G1_a_flag_is_shown_by_who_reads_it() -> None:
    [flag] = decide([], finding(True)).raised
    partner = readable_flag(flag, frozenset(), internal=False)
    assert (partner.rule, partner.evidence, partner.raised_by) == (None, {}, "")
    agent = readable_flag(flag, frozenset({"margin_rate"}), internal=True)
    assert (agent.rule, agent.evidence, agent.raised_by) == (None, {"rules_version": 1}, flag.raised_by)
    assert readable_flag(flag, frozenset(), internal=True) is flag


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"window_months": 0}, "window_out_of_range"),
        ({"risks": [RULE | {"risk": "weather"}]}, "unknown_risk"),
        ({"disqualifications": [RULE, RULE]}, "duplicate_rule"),
        ({"disqualifications": [RULE | {"when": []}]}, "no_conditions"),
        ({"disqualifications": [RULE | {"when": [{"indicator": "weather", "over": "1"}]}]}, "unknown_indicator"),
    ],
)
def test_T8_what_a_document_of_rules_may_not_say(change: dict[str, object], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        read_account_rules(DOCUMENT | change)
    assert refused.value.code == code


def test_T8_a_document_is_read_into_rules() -> None:
    rules = read_account_rules(DOCUMENT, version=3)
    assert (rules.version, rules.months) == (3, 12)
    assert rules.disqualifications[0].when == (IndicatorCondition("amount", "at_least", Decimal(100)),)
