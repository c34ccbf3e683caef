"""What a person may grant without asking, by role (C5)."""

from decimal import Decimal

import pytest

from services.complaint_svc.remedies.domain.authority import Authority, check_authority
from shared.errors import DomainError

LIMITS = {"agent": Authority(500, Decimal(50)), "manager": Authority(5000, Decimal(500)), "head": Authority(None, None)}


@pytest.mark.parametrize(
    ("points", "amount", "roles", "granted"),
    [
        (500, "50.00", ["agent"], True),
        (501, "0", ["agent"], False),
        (0, "50.01", ["agent"], False),
        (5000, "500", ["agent", "manager"], True),
        (10**9, "1000000", ["head"], True),
        (1, "0", [], False),
        (1, "0", ["partner"], False),
    ],
)
def test_C5_above_ones_authority_somebody_else_is_needed(
    points: int, amount: str, roles: list[str], granted: bool
) -> None:
    if granted:
        check_authority(points, Decimal(amount), roles, LIMITS)
        return
    with pytest.raises(DomainError, match="above_authority"):
        check_authority(points, Decimal(amount), roles, LIMITS)
