"""G3: what profile keeps of a case counts right, in whatever order its facts come. Pure."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from services.profile_svc.overview.domain.cases import CaseCopy, fold_cases, former_customers, merge_case
from shared.events import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintFiled,
    ComplaintJudged,
    ComplaintReopened,
    ComplaintResolved,
    CustomerIdentified,
    DeadlineBreached,
    SatisfactionAnswered,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CASE, CUSTOMER = UUID(int=7), UUID(int=1)


def at(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


def fact(cls, minute: int, **rest):
    instant = {cls.time_field: at(minute)}
    about = {"subject_id": CUSTOMER, "case_id": CASE, "customer_id": CUSTOMER}
    return cls(**{**about, **instant, **rest})


def filed(minute=0, **rest):
    about = {"kind": "complaint", "severity": "normal", "channel": "call", "category": "network", "tier": None}
    return fact(ComplaintFiled, minute, **about, **rest)


def breached(stage: str, minute: int):
    return fact(DeadlineBreached, minute, stage=stage, due_at=at(minute))


def resolved(minute: int):
    return fact(ComplaintResolved, minute, resolution_id=UUID(int=9), points=0, amount=0)


def after(*events) -> CaseCopy:
    return fold_cases(events)[CASE]


def test_G3_overview_a_case_is_open_until_it_is_closed_and_again_when_reopened():
    assert after(filed()).is_open
    assert after(filed(), resolved(5)).is_open
    assert not after(filed(), fact(ComplaintClosed, 9, satisfaction=4)).is_open
    assert not after(filed(), fact(ComplaintClosed, 0, satisfaction=None)).is_open
    assert after(filed(), fact(ComplaintClosed, 9, satisfaction=4), fact(ComplaintReopened, 12)).is_open


def test_G3_overview_a_case_is_overdue_from_the_breach_until_the_stage_is_done():
    late = [filed(), breached("acknowledgement", 3)]
    assert after(*late).is_overdue
    assert not after(*late, fact(ComplaintAcknowledged, 4)).is_overdue
    assert after(*late, fact(ComplaintAcknowledged, 4), breached("solution", 8)).is_overdue
    assert not after(*late, fact(ComplaintAcknowledged, 4), breached("solution", 8), resolved(9)).is_overdue
    assert not after(*late, fact(ComplaintClosed, 4, satisfaction=None)).is_overdue


def test_G3_overview_reopening_forgets_old_breaches_and_counts_new_ones():
    history = [filed(), breached("solution", 3), fact(ComplaintClosed, 5, satisfaction=1), fact(ComplaintReopened, 6)]
    assert not after(*history).is_overdue
    assert after(*history, breached("solution", 9)).is_overdue


def test_G3_overview_nothing_is_late_any_more_in_a_case_judged_not_valid():
    assert not after(filed(), breached("proposal", 3), fact(ComplaintJudged, 4, valid=False)).is_overdue
    assert after(filed(), breached("proposal", 3), fact(ComplaintJudged, 4, valid=True)).is_overdue


def test_G3_overview_what_was_done_late_is_overdue_no_longer_though_it_is_told_to_be_before_the_breach():
    """C3: what has fired stays fired when somebody tells afterwards that the work was done; but it is done."""
    late = [filed(), breached("acknowledgement", 3), breached("solution", 8)]
    assert after(*late, fact(ComplaintAcknowledged, 2)).is_overdue
    assert not after(*late, fact(ComplaintAcknowledged, 2), fact(ComplaintJudged, 4, valid=False)).is_overdue
    again = [
        *late,
        fact(ComplaintAcknowledged, 2),
        fact(ComplaintClosed, 9, satisfaction=1),
        fact(ComplaintReopened, 10),
    ]
    assert after(*again, breached("acknowledgement", 20)).is_overdue
    assert not after(*again, breached("acknowledgement", 20), fact(ComplaintAcknowledged, 12)).is_overdue


def test_G3_overview_the_last_satisfaction_said_counts():
    first, second = fact(ComplaintClosed, 5, satisfaction=1), fact(ComplaintClosed, 9, satisfaction=None)
    assert after(filed(), first, fact(ComplaintReopened, 6), second).satisfaction == 1


@pytest.mark.parametrize(("still_open", "expected"), [(True, True), (False, False)])
def test_G3_overview_an_unidentified_case_counts_once_somebody_is_identified(still_open, expected):
    anonymous = {"subject_id": CASE, "customer_id": None}
    copy = after(filed(**anonymous), fact(CustomerIdentified, 4, open=still_open))
    assert copy.customer_id == CUSTOMER
    assert copy.is_open is expected


def test_G3_overview_a_case_is_the_same_in_whatever_order_its_facts_come():
    facts = [
        filed(subject_id=CASE, customer_id=None),
        breached("proposal", 4),
        fact(CustomerIdentified, 5, open=True),
        fact(ComplaintClosed, 8, satisfaction=2),
        fact(ComplaintReopened, 9),
    ]
    expected = after(*facts)
    assert expected.is_open
    check_any_order(facts, expected)


def test_C1_whose_case_it_is_is_what_the_latest_step_says_in_whatever_order_the_facts_come():
    """Taken for Ann's, then for Ben's, then for Ann's again, and Ben's in the end: facts under both keys."""
    ann, ben = CUSTOMER, UUID(int=2)
    facts = [
        filed(subject_id=ann, customer_id=ann, step=1),
        fact(CustomerIdentified, 2, subject_id=ben, customer_id=ben, previous_customer_id=ann, open=True, step=2),
        fact(CustomerIdentified, 3, subject_id=ann, customer_id=ann, previous_customer_id=ben, open=True, step=3),
        fact(CustomerIdentified, 4, subject_id=ben, customer_id=ben, previous_customer_id=ann, open=True, step=4),
        fact(ComplaintAcknowledged, 5, subject_id=CASE, customer_id=None, step=5),
    ]
    expected = after(*facts)
    assert (expected.customer_id, expected.customer_step) == (ben, 4)
    assert former_customers(facts) == {ann, ben}
    check_any_order(facts, expected)


def check_any_order(facts, expected):
    for order in permutations(facts):
        assert after(*order) == expected
        copy = CaseCopy(CASE)
        for event in order:  # each in a batch of its own
            merge_case(copy, after(event))
        assert copy == expected


def test_C2_what_a_customer_said_before_its_case_was_closed_is_known():
    about = {"subject_id": UUID(int=1), "case_id": UUID(int=2), "customer_id": UUID(int=1)}
    answered = SatisfactionAnswered(**about, satisfaction=2, answered_at=at(1))
    closed = ComplaintClosed(**about, satisfaction=4, closed_at=at(2))
    for events, expected in (([answered], 2), ([answered, closed], 4), ([closed, answered], 4)):
        (copy,) = fold_cases(events).values()
        assert copy.satisfaction == expected
