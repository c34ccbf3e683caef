"""Early warnings as they are shown (T12): with their rules' names, sentences, and who is responsible now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names, plain
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.domain import Responsible, responsible_for
from services.tiering_svc.customers.repository import list_deputies
from services.tiering_svc.monitoring.domain.warning import EarlyWarning, WarningChange
from services.tiering_svc.monitoring.repository import warning_rules
from services.tiering_svc.monitoring.repository.warning_lists import ListedWarning
from services.tiering_svc.monitoring.schemas.warnings import (
    CustomerAtRiskRead,
    LikelihoodFactorRead,
    RiskReasonRead,
    WarningChangeRead,
    WarningRuleReference,
    WarningSubjectRead,
)
from services.tiering_svc.monitoring.texts.class_warnings import describe
from services.tiering_svc.monitoring.texts.warnings import describe_factor
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class WarningWords:
    """What warnings are shown with: the names of their rules, the currency of amounts, who stands in for whom."""

    names: Mapping[tuple[UUID, int], Names]
    currency: str
    deputies: Mapping[str, str]

    def responsible(self, listed: ListedWarning) -> Responsible:
        """Who is responsible now."""
        return responsible_for(listed.manager, self.deputies)


async def load_words(tx: Transaction, listed: Sequence[ListedWarning]) -> WarningWords:
    """What these warnings are shown with."""
    versions = {(item.warning.rule_id, item.warning.rule_version) for item in listed}
    rules = await warning_rules.list_compiled(tx, sorted(versions))
    names = {(rule.rule_id, rule.version): rule.names for rule in rules}
    return WarningWords(names, (await find_business(tx)).currency, await list_deputies(tx, tx.at))


def warning_fields(listed: ListedWarning, words: WarningWords) -> dict[str, Any]:
    """The fields of a warning as lists show it."""
    warning = listed.warning
    return (
        responsible_fields(words.responsible(listed))
        | {
            "id": warning.warning_id,
            "subject": WarningSubjectRead(
                kind=warning.subject_kind, dimension=warning.dimension, code=warning.subject_code
            ),
            "customer_id": warning.customer_id,
            "tier": listed.tier,
            "region": listed.region,
            "cause": warning.cause,
            "severity": warning.severity,
            "state": warning.state,
            "lasting": warning.lasting,
            "rule": WarningRuleReference(
                id=warning.rule_id,
                version=warning.rule_version,
                name=words.names[warning.rule_id, warning.rule_version],
            ),
            "as_of": warning.as_of,
            "raised_at": warning.raised_at,
            "evidence": dict(warning.evidence),
            "words": _sentences(warning, warning.evidence, words.currency),
            "closed_at": warning.closed_at,
            "closed_by": warning.closed_by,
            "closing": warning.closing,
        }
        | _likelihood(warning)
    )


def responsible_fields(responsible: Responsible) -> dict[str, str | None]:
    """Who is responsible, as it is shown."""
    return {"manager": responsible.manager, "deputy": responsible.deputy, "owner": responsible.owner}


def _likelihood(warning: EarlyWarning) -> dict[str, Any]:
    return {
        "likelihood": plain(warning.likelihood),
        "value_at_stake": plain(warning.value_at_stake),
        "expected_loss": plain(warning.expected_loss),
        "factors": [LikelihoodFactorRead(**factor, words=describe_factor(factor)) for factor in warning.factors or ()],
    }


def _sentences(warning: EarlyWarning, evidence: Mapping[str, Any], currency: str) -> dict[str, str]:
    return dict(describe(evidence, currency, warning.dimension, warning.subject_code))


def change_read(change: WarningChange, warning: EarlyWarning, currency: str) -> WarningChangeRead:
    """An entry of a warning's history."""
    return WarningChangeRead(
        at=change.at,
        kind=change.kind,
        by=change.by,
        as_of=change.as_of,
        severity=change.severity,
        code=change.code,
        note=change.note,
        evidence=None if change.evidence is None else dict(change.evidence),
        words=None if change.evidence is None else _sentences(warning, change.evidence, currency),
    )


def customer_at_risk(listed: Sequence[ListedWarning], words: WarningWords) -> CustomerAtRiskRead:
    """A customer with its warnings, the worst first, as the reasons."""
    worst = listed[0]
    assert worst.warning.customer_id is not None
    fields = responsible_fields(words.responsible(worst)) | _likelihood(worst.warning)
    return CustomerAtRiskRead(
        **fields,
        customer_id=worst.warning.customer_id,
        tier=worst.tier,
        region=worst.region,
        severity=min(item.warning.severity for item in listed),  # red sorts before yellow
        reasons=[
            RiskReasonRead(
                warning_id=item.warning.warning_id,
                cause=item.warning.cause,
                severity=item.warning.severity,
                state=item.warning.state,
                words=_sentences(item.warning, item.warning.evidence, words.currency),
            )
            for item in listed
        ],
    )
