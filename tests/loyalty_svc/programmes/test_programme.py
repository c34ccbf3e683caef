"""The programme: its versions, its bounds, and how long points live (L1, L2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.loyalty_svc.programmes.domain import Programme, Programmes, add_months, programme_from
from services.loyalty_svc.programmes.repository import PROGRAMME_ID, read_programme
from shared.errors import DomainError
from shared.rule_sets import RuleSetVersion
from tests.loyalty_svc.builders import SHIPPED, SHIPPED_DOCUMENT, START, day


def test_L2_an_order_falls_under_the_programme_in_force_when_it_was_placed() -> None:
    programmes = Programmes(
        [SHIPPED, Programme(version=2, effective_from=day(10)), Programme(version=3, effective_from=day(20))]
    )
    assert [programmes.at(day(n)).version for n in (0, 10, 19, 20)] == [1, 2, 2, 3]
    assert programmes.at(day(99)).version == 3
    assert programmes.at(day(10)).effective_from == day(10)


def test_L2_a_programme_is_what_its_document_says() -> None:
    tiers = {"platinum": Decimal(2), "gold": Decimal("1.5"), "silver": Decimal("1.2")}
    assert programme_from(1, None, SHIPPED_DOCUMENT, UTC) == Programme(version=1, effective_from=None, tiers=tiers)
    with pytest.raises(DomainError):
        programme_from(1, None, {**SHIPPED_DOCUMENT, "base_rate": "-1"}, UTC)
    with pytest.raises(DomainError):
        programme_from(1, None, {**SHIPPED_DOCUMENT, "lifetime_months": 0}, UTC)


def test_L2_what_was_decided_before_the_bound_is_still_read() -> None:
    document = SHIPPED_DOCUMENT | {"base_rate": "99999999999999.9999"}
    draft = RuleSetVersion("programme", PROGRAMME_ID, 2, "", None, document, "draft", "analyst-1", day(0))
    with pytest.raises(DomainError) as refused:
        read_programme(draft)
    assert refused.value.code == "rate_out_of_range"
    assert read_programme(replace(draft, status="active")).base_rate == Decimal("99999999999999.9999")


def test_L1_points_live_for_calendar_months() -> None:
    assert add_months(datetime(2026, 1, 31, 12, tzinfo=UTC), 1, UTC) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert add_months(datetime(2024, 2, 29, tzinfo=UTC), 24, UTC) == datetime(2026, 2, 28, tzinfo=UTC)
    assert add_months(datetime(2026, 11, 15, tzinfo=UTC), 2, UTC) == datetime(2027, 1, 15, tzinfo=UTC)
    assert SHIPPED.expires_at(START) == START.replace(year=2028)
    assert SHIPPED.expires_at(START + timedelta(days=1)) > SHIPPED.expires_at(START)


@pytest.mark.parametrize(
    ("months", "day", "ends"),
    [(24, (2026, 3, 1), (2028, 3, 1)), (1, (2026, 3, 1), (2026, 4, 1)), (1, (2026, 1, 31), (2026, 2, 28))],
)
def test_L1_points_live_for_months_of_the_business_zone(
    months: int, day: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    """Half past midnight in Shanghai is still the day before in UTC, and often another month."""
    shanghai = ZoneInfo("Asia/Shanghai")
    programme = Programme(version=1, effective_from=None, lifetime_months=months, zone=shanghai)
    earned = datetime(*day, 0, 30, tzinfo=shanghai).astimezone(UTC)
    assert programme.expires_at(earned) == datetime(*ends, 0, 30, tzinfo=shanghai)
    assert programme.expires_at(earned).tzinfo is UTC


def test_L1_the_hour_of_expiry_is_the_same_on_both_sides_of_a_change_of_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert add_months(datetime(2026, 3, 15, 10, tzinfo=berlin), 1, berlin) == datetime(2026, 4, 15, 8, tzinfo=UTC)
