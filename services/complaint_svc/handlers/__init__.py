"""What happens in complaints: cases are filed and worked, customers are heard of, deadlines come due, rules change."""

from services.complaint_svc.handlers.filing import NewComplaint, file_a_complaint
from services.complaint_svc.handlers.rules import change_a_calendar_day, change_a_deadline_rule, forget_a_calendar_day
from services.complaint_svc.handlers.timing import LATELY, Told, load_calendar, load_terms
from services.complaint_svc.handlers.working import (
    Which,
    answer_a_proposal,
    change_the_severity,
    identify_the_customer,
    propose_a_settlement,
    reopen_a_complaint,
    take_a_step,
)

__all__ = [
    "LATELY",
    "NewComplaint",
    "Told",
    "Which",
    "answer_a_proposal",
    "change_a_calendar_day",
    "change_a_deadline_rule",
    "change_the_severity",
    "file_a_complaint",
    "forget_a_calendar_day",
    "identify_the_customer",
    "load_calendar",
    "load_terms",
    "propose_a_settlement",
    "reopen_a_complaint",
    "take_a_step",
]
