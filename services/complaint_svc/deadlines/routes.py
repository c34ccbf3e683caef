"""The rules of deadlines over HTTP: how much working time the stages are given (C3)."""

from datetime import timedelta

from services.complaint_svc.deadlines import handlers, repository
from services.complaint_svc.deadlines.domain.allowances import Allowance, AllowanceRules, RuleKey
from services.complaint_svc.deadlines.schemas import DeadlineRuleRead, DeadlineRuleUpdate
from shared.chassis import Code, CurrentActor, Page, Tx, allow, service_router
from shared.events.complaint import CaseKind, Severity

router = service_router(prefix="/v1", tags=["complaint rules"])


@router.get("/deadline-rules", dependencies=[allow("complaints:read")])
async def list_deadline_rules(tx: Tx) -> Page[DeadlineRuleRead]:
    """All rules in force, on one page. A tier that none names has those of `any`."""
    rules = await repository.load_allowance_rules(tx)
    return Page(items=[_read_rule(key, allowance, rules) for key, allowance in sorted(rules.in_force().items())])


@router.put("/deadline-rules/{kind}/{severity}/{tier}", dependencies=[allow("policies:write")])
async def change_deadline_rule(
    kind: CaseKind, severity: Severity, tier: Code, body: DeadlineRuleUpdate, tx: Tx, actor: CurrentActor
) -> DeadlineRuleRead:
    """Give the stages of a kind, severity and tier (or of `any` tier) other times."""
    key = (kind, severity, tier)
    given = (body.acknowledgement_minutes, body.proposal_minutes, body.solution_minutes)
    allowance = Allowance(*(None if minutes is None else timedelta(minutes=minutes) for minutes in given))
    await handlers.change_deadline_rule(tx, key, allowance, actor.subject)
    return _read_rule(key, allowance, await repository.load_allowance_rules(tx))


def _read_rule(key: RuleKey, allowance: Allowance, rules: AllowanceRules) -> DeadlineRuleRead:
    kind, severity, tier = key

    def minutes(time: timedelta | None) -> int | None:
        return None if time is None else int(time.total_seconds() // 60)

    return DeadlineRuleRead(
        kind=kind, severity=severity, tier=tier, acknowledgement_minutes=minutes(allowance.acknowledgement),
        proposal_minutes=minutes(allowance.proposal), solution_minutes=minutes(allowance.solution),
        shipped=key not in rules.overrides,
    )  # fmt: skip
