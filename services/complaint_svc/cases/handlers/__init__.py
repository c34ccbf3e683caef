"""What happens to cases: they are filed and worked, deadlines come due, tiers change meanwhile."""

from services.complaint_svc.cases.handlers.case_steps import (
    CaseRef,
    answer_proposal,
    change_severity,
    identify_customer,
    propose_settlement,
    reopen_complaint,
    take_step,
)
from services.complaint_svc.cases.handlers.filing import FilingRequest, file_complaint

__all__ = [
    "CaseRef",
    "FilingRequest",
    "answer_proposal",
    "change_severity",
    "file_complaint",
    "identify_customer",
    "propose_settlement",
    "reopen_complaint",
    "take_step",
]
