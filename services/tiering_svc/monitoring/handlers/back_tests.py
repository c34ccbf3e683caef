"""A warning rule tried on the operator's own history, chunk by chunk (T12)."""

from datetime import date
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of, shift
from services.tiering_svc.core.handlers.background import WARNINGS
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.repository import list_customers
from services.tiering_svc.monitoring.domain.back_test import Measured, RuleOutcome, measure_rule
from services.tiering_svc.monitoring.domain.detectors import Severity
from services.tiering_svc.monitoring.repository import back_tests as warning_back_tests
from services.tiering_svc.monitoring.repository import warning_rules
from services.tiering_svc.monitoring.repository.back_tests import RuleBackTest
from services.tiering_svc.monitoring.repository.warning_rules import WARNING_RULES
from shared.errors import invalid
from shared.messaging import Transaction, new_id
from shared.rule_sets import load_version

CHUNK = 200
MOST_MONTHS = 60


async def request_back_test(
    tx: Transaction,
    rule_id: UUID,
    version: int | None,
    first: date,
    last: date,
    outcome: RuleOutcome,
    severity: Severity,
    by: str,
) -> RuleBackTest:
    rule = await load_version(tx, WARNING_RULES, rule_id, version)
    business = await find_business(tx)
    _check(first, last, outcome, month_of(tx.at, business.zone))
    test = RuleBackTest(
        new_id(), rule_id, rule.version, first, last, severity, outcome.horizon_months, outcome.baseline_months,
        outcome.fall, outcome.least_baseline, by, tx.at,
    )  # fmt: skip
    await warning_back_tests.add_back_test(tx, test)
    tx.wake(WARNINGS)
    return await warning_back_tests.read_back_test(tx, rule_id, test.back_test_id)


def _check(first: date, last: date, outcome: RuleOutcome, this_month: date) -> None:
    if last < first:
        raise invalid("ends_before_it_begins", "`to` is not before `from`.", pointer="/to")
    if first < shift(last, 1 - MOST_MONTHS):
        raise invalid("too_long", f"At most {MOST_MONTHS} months.", pointer="/from")
    if shift(last, outcome.horizon_months) > this_month:
        raise invalid("outcome_not_known_yet", "The months after `to` are not over yet.", pointer="/to")


async def measure_a_chunk(tx: Transaction, seen: RuleBackTest) -> bool:
    test = await warning_back_tests.lock_back_test(tx, seen.back_test_id)
    if test is None or test.cursor != seen.cursor:
        return test is not None
    customers = await list_customers(tx, test.cursor, CHUNK)
    [rule] = await warning_rules.list_compiled(tx, [(test.rule_id, test.rule_version)])
    business = await find_business(tx)
    before = shift(test.last_month, test.horizon_months)
    histories = await warning_back_tests.list_histories(tx, customers, before, business.zone)
    measured = Measured.from_data(test.measured or {})
    measure_rule(
        [rule.looking], histories, test.first_month, test.last_month, test.outcome, business.zone, into=[measured],
        severity=test.severity,
    )  # fmt: skip
    await warning_back_tests.save_progress(
        tx, test.back_test_id, customers[-1] if customers else test.cursor, test.customers + len(customers),
        measured.as_data(), last=len(customers) < CHUNK,
    )  # fmt: skip
    return True
