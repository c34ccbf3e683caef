"""Whether somebody may propose so much, by the authority rules in force (C5)."""

from collections.abc import Iterable
from decimal import Decimal

from services.complaint_svc.remedies.domain import authority
from services.complaint_svc.remedies.repository import AUTHORITY_RULES
from shared.messaging import Transaction
from shared.rule_sets import load_in_force


async def check_authority(tx: Transaction, points: int, amount: Decimal, roles: Iterable[str]) -> None:
    """Refuse a proposal (403 `above_authority`) that is more than the widest of these roles may grant at once."""
    limits = (await load_in_force(tx, AUTHORITY_RULES)).rules
    authority.check_authority(points, amount, roles, limits)
