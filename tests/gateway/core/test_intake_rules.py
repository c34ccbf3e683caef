"""When a report may have happened, by the clock and by the calendar of the business's time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.gateway.core.domain import IntakeRules
from shared.errors import DomainError

LATE = datetime(2026, 5, 4, 15, 57, tzinfo=UTC)  # in Shanghai it is three minutes to midnight
SHANGHAI = IntakeRules(zone=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("rules", "at", "day", "refusal"),
    [
        (IntakeRules(), LATE, date(2026, 5, 4), None),
        (IntakeRules(), LATE, date(2026, 5, 5), "in_the_future"),
        (SHANGHAI, LATE, date(2026, 5, 5), None),  # a clock may be five minutes ahead
        (SHANGHAI, LATE.replace(minute=50), date(2026, 5, 5), "in_the_future"),
        (SHANGHAI, LATE.replace(hour=16), date(2026, 5, 6), "in_the_future"),
        (SHANGHAI, LATE, date(2026, 4, 4), None),
        (SHANGHAI, LATE, date(2026, 4, 3), "history_scope_needed"),
        (SHANGHAI, LATE, date(1969, 12, 31), "too_long_ago"),
        (SHANGHAI, LATE, date(9999, 12, 31), "in_the_future"),
    ],
)
def test_a_day_is_judged_by_the_calendar_of_the_business(
    rules: IntakeRules, at: datetime, day: date, refusal: str | None
) -> None:
    def check() -> None:
        rules.check_day(day, at, "/issued_on", may_backdate=False)

    if refusal is None:
        return check()
    with pytest.raises(DomainError, match=refusal):
        check()
