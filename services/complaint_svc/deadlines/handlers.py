"""By which terms deadlines are counted, and an operator's changes to them. What runs keeps its promise (C3)."""

from datetime import datetime, timedelta

from services.complaint_svc.calendars.handlers import load_calendar
from services.complaint_svc.deadlines import repository
from services.complaint_svc.deadlines.domain.allowances import Allowance, RuleKey
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.settings import business_settings
from shared.messaging import Transaction


async def load_terms(tx: Transaction, at: datetime) -> Terms:
    """Today's rules, and the calendar around an instant."""
    return Terms(
        calendar=await load_calendar(tx, at.year),
        rules=await repository.load_allowance_rules(tx),
        warning_share=business_settings().share_before_warning,
        escalate_after=business_settings().escalate_after,
        reopen_within=timedelta(days=business_settings().reopening_days),
    )


async def change_deadline_rule(tx: Transaction, key: RuleKey, allowance: Allowance, by: str) -> None:
    """For cases filed from now on, and for changes of tier or severity that better an open one."""
    await repository.save_deadline_rule(tx, key, allowance, by)
