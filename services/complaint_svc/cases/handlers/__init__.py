"""What happens to cases: they are filed and worked, deadlines come due, tiers change meanwhile."""

from services.complaint_svc.cases.handlers.case_steps import (
    Which,
    answer_a_proposal,
    change_the_severity,
    identify_the_customer,
    propose_a_settlement,
    reopen_a_complaint,
    take_a_step,
)
from services.complaint_svc.cases.handlers.deadline_timers import LATELY, Told
from services.complaint_svc.cases.handlers.filing import NewComplaint, file_a_complaint

__all__ = [
    "LATELY",
    "NewComplaint",
    "Told",
    "Which",
    "answer_a_proposal",
    "change_the_severity",
    "file_a_complaint",
    "identify_the_customer",
    "propose_a_settlement",
    "reopen_a_complaint",
    "take_a_step",
]
