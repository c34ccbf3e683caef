"""Whether somebody may propose so much, by the limits of this deployment (C5)."""

from collections.abc import Iterable
from decimal import Decimal

from services.complaint_svc.remedies.domain import authority
from services.complaint_svc.settings import business_settings


def check_authority(points: int, amount: Decimal, roles: Iterable[str]) -> None:
    """Refuse a proposal (`above_authority`) that is more than the widest of these roles may grant at once."""
    limits = {
        role: authority.Authority(limit.points, limit.amount) for role, limit in business_settings().authority.items()
    }
    authority.check_authority(points, amount, roles, limits)
