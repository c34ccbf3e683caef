"""A partner's source and the codes it may have (G1, K17)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.gateway.partners.domain import Partner, check_code
from shared.errors import DomainError


def test_a_partner_is_the_source_of_its_reports() -> None:
    partner = Partner(UUID(int=7), "dealer", "A dealer", datetime(2026, 1, 1, tzinfo=UTC))
    assert partner.source == f"partner:{UUID(int=7)}"


@pytest.mark.parametrize("code", ["patron", "shop", "partner:7"])
def test_K17_a_code_that_is_or_looks_like_another_source_is_refused(code: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_code(code, {"shop"})
    assert (refused.value.code, refused.value.pointer) == ("code_reserved", "/code")


def test_any_other_code_is_fine() -> None:
    check_code("dealer", {"shop"})
