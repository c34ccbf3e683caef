"""Nominations, classes and flags as they look over HTTP (T8), as far as the reader may read them."""

from collections.abc import Set as AbstractSet
from datetime import tzinfo

from services.tiering_svc.key_accounts.domain.audience import readable_flag, readable_nomination
from services.tiering_svc.key_accounts.domain.key_account import AccountClass, Nomination
from services.tiering_svc.key_accounts.domain.risk_flags import RiskFlag
from services.tiering_svc.key_accounts.schemas import (
    AccountClassRead,
    EvidenceRead,
    ExaminationRead,
    NominationFiguresRead,
    NominationRead,
    RiskFlagRead,
)
from services.tiering_svc.key_accounts.texts import Language, describe_flag


def nomination_read(nomination: Nomination, hidden: AbstractSet[str]) -> NominationRead:
    """Without the `hidden` indicators and what was found in them."""
    shown = readable_nomination(nomination, hidden)
    findings = shown.findings
    return NominationRead(
        id=shown.nomination_id,
        customer_id=shown.customer_id,
        kinds=list(shown.kinds),
        reason=shown.reason,
        evidence=[EvidenceRead.model_validate(statement) for statement in shown.evidence],
        figures=NominationFiguresRead.model_validate(shown.figures),
        status=shown.status,
        nominated_by=shown.nominated_by,
        nominated_at=shown.nominated_at,
        decided_by=shown.decided_by,
        decided_at=shown.decided_at,
        note=shown.note,
        override_reason=shown.override_reason,
        findings=None if findings is None else [ExaminationRead.model_validate(finding) for finding in findings],
    )


def class_read(account_class: AccountClass, *, internal: bool = True) -> AccountClassRead:
    """`internal`: the reader is one of the company's own people, who also read who ended it, and why."""
    return AccountClassRead(
        id=account_class.class_id,
        customer_id=account_class.customer_id,
        kinds=list(account_class.kinds),
        since=account_class.since,
        until=account_class.until,
        ended_by=account_class.ended_by if internal else None,
        end_cause=account_class.end_cause,
        end_reason=account_class.end_reason if internal else None,
    )


def flag_read(
    flag: RiskFlag, language: Language, zone: tzinfo, hidden: AbstractSet[str], *, internal: bool = True
) -> RiskFlagRead:
    """Without what the rule found in `hidden` indicators. `internal`: the reader is one of the company's own people."""
    shown = readable_flag(flag, hidden, internal=internal)
    return RiskFlagRead(
        id=shown.flag_id,
        risk=shown.risk,
        source=shown.source,
        rule=shown.rule,
        reason=shown.reason,
        evidence=shown.evidence,
        raised_by=shown.raised_by or None,
        raised_at=shown.raised_at,
        until=shown.until,
        cleared_at=shown.cleared_at,
        clear_cause=shown.clear_cause,
        words=describe_flag(shown, language, zone),
    )
