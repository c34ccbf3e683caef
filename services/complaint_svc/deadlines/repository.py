"""The rules of deadlines as a rule set: one document in versions, one of them in force (C3)."""

from uuid import UUID

from services.complaint_svc.deadlines.domain.deadline_rules import ESCALATED_LEVELS, STAGES, read_deadline_rules
from shared.events import DeadlineRulesActivated, LevelHours, StageMinutes
from shared.messaging import Transaction, announce
from shared.rule_sets import RuleSetKind, RuleSetVersion, StepRequest


async def _announce(tx: Transaction, version: RuleSetVersion, request: StepRequest) -> None:
    document = version.document
    hours = document.get("escalation_hours_by_level") or {}
    activated = DeadlineRulesActivated(
        rules_id=version.id,
        version=version.version,
        effective_from=version.effective_from or request.at,
        activated_at=request.at,
        allowances=tuple(
            StageMinutes(
                kind=entry["kind"], severity=entry["severity"], tier=entry["tier"],
                **{stage: entry.get(f"{stage}_minutes") for stage in STAGES},
            )
            for entry in document["allowances"]
        ),
        warning_percent=document.get("warning_percent"),
        warning_lead_minutes=document.get("warning_lead_minutes"),
        escalation_hours=document["escalation_hours"],
        reopening_days=document["reopening_days"],
        escalation_hours_by_level=tuple(
            LevelHours(escalation_level=level, hours=hours[level])
            for level in ESCALATED_LEVELS
            if hours.get(level) is not None
        ),
    )  # fmt: skip
    announce(tx, [activated])


DEADLINE_RULES = RuleSetKind(
    "deadline-rules",
    read=lambda version: read_deadline_rules(version.document, "/document"),
    only=UUID("0190a000-0000-7000-8000-00000000c002"),
    after_activation=_announce,
)
