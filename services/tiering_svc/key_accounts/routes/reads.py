"""How nominations, classes and flags look over HTTP (T8)."""

from datetime import tzinfo
from typing import Any

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
from services.tiering_svc.key_accounts.texts.classes import flag_in_words


def nomination_read(one: Nomination) -> NominationRead:
    return NominationRead(
        id=one.nomination_id,
        customer_id=one.customer_id,
        kinds=list(one.kinds),
        reason=one.reason,
        evidence=[EvidenceRead.model_validate(item) for item in one.evidence],
        figures=NominationFiguresRead.model_validate(one.figures),
        status=one.status,
        nominated_by=one.nominated_by,
        nominated_at=one.nominated_at,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        note=one.note,
        override_reason=one.override_reason,
        findings=None if one.findings is None else [ExaminationRead.model_validate(item) for item in one.findings],
    )


def class_read(one: AccountClass, *, reasons: bool = True) -> AccountClassRead:
    return AccountClassRead(
        id=one.class_id,
        customer_id=one.customer_id,
        kinds=list(one.kinds),
        since=one.since,
        until=one.until,
        ended_by=one.ended_by if reasons else None,
        end_cause=one.end_cause,
        end_reason=one.end_reason if reasons else None,
    )


def flag_read(flag: RiskFlag, language: str, zone: tzinfo, *, reasons: bool = True) -> RiskFlagRead:
    """`reasons` only for the company's own people."""
    found: dict[str, Any] | None = flag.evidence.get("finding") if reasons else None
    reason = flag.reason if reasons else None
    return RiskFlagRead(
        id=flag.flag_id,
        risk=flag.risk,
        source=flag.source,
        rule=flag.rule,
        reason=reason,
        evidence=flag.evidence if reasons else {},
        raised_by=flag.raised_by if reasons else "",
        raised_at=flag.raised_at,
        until=flag.until,
        cleared_at=flag.cleared_at,
        clear_cause=flag.clear_cause,
        words=flag_in_words(flag.risk, found, reason, flag.raised_at, flag.until, language, zone),
    )
