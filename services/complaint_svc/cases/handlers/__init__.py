"""What happens to cases: they are filed and worked, deadlines come due, tiers change meanwhile."""

from services.complaint_svc.cases.domain.case_ref import CaseRef
from services.complaint_svc.cases.handlers.case_steps import (
    acknowledge_complaint,
    answer_proposal,
    change_severity,
    identify_customer,
    reopen_complaint,
    take_step,
)
from services.complaint_svc.cases.handlers.filing import FilingRequest, file_complaint
from services.complaint_svc.cases.handlers.settlements import (
    approve_settlement,
    propose_settlement,
    reject_settlement,
)

__all__ = [
    "CaseRef",
    "FilingRequest",
    "acknowledge_complaint",
    "answer_proposal",
    "approve_settlement",
    "change_severity",
    "file_complaint",
    "identify_customer",
    "propose_settlement",
    "reject_settlement",
    "reopen_complaint",
    "take_step",
]
