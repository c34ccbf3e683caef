"""The only SQL of complaints: cases, what is read of them, known customers, the rules and the calendar."""

from services.complaint_svc.repository.cases import (
    NewCase,
    Story,
    add_case,
    load_case,
    load_open_cases_of,
    save_case,
)
from services.complaint_svc.repository.customers import (
    TierHeard,
    find_customer_of,
    load_tier,
    lock_customers,
    save_customers,
    save_tiers,
)
from services.complaint_svc.repository.reading import CaseFile, CaseRow, Row, Sort, list_cases, load_case_file, place_of
from services.complaint_svc.repository.rules import (
    CalendarDay,
    Said,
    load_said,
    remove_calendar_day,
    save_calendar_day,
    save_deadline_rule,
)
from services.complaint_svc.repository.statistics import Statistics, count_cases

__all__ = [
    "CalendarDay",
    "CaseFile",
    "CaseRow",
    "NewCase",
    "Row",
    "Said",
    "Sort",
    "Statistics",
    "Story",
    "TierHeard",
    "add_case",
    "count_cases",
    "find_customer_of",
    "list_cases",
    "load_case",
    "load_case_file",
    "load_open_cases_of",
    "load_said",
    "load_tier",
    "lock_customers",
    "place_of",
    "remove_calendar_day",
    "save_calendar_day",
    "save_case",
    "save_customers",
    "save_deadline_rule",
    "save_tiers",
]
