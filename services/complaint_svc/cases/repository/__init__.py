"""The only SQL of cases: in and out of the database, what is read of them, and figures of a period."""

from services.complaint_svc.cases.repository.case_files import (
    CaseFile,
    CaseRow,
    Row,
    Sort,
    cursor_of,
    list_cases,
    load_case_file,
)
from services.complaint_svc.cases.repository.cases import (
    CaseDetails,
    Story,
    add_case,
    find_customer_of,
    load_case,
    load_free_cases,
    load_open_cases_of,
    save_cases,
)
from services.complaint_svc.cases.repository.statistics import Statistics, count_cases

__all__ = [
    "CaseDetails",
    "CaseFile",
    "CaseRow",
    "Row",
    "Sort",
    "Statistics",
    "Story",
    "add_case",
    "count_cases",
    "cursor_of",
    "find_customer_of",
    "list_cases",
    "load_case",
    "load_case_file",
    "load_free_cases",
    "load_open_cases_of",
    "save_cases",
]
