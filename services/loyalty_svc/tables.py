"""All tables of loyalty, gathered from its areas so that `metadata` is whole."""

from services.loyalty_svc.adjustments.tables import adjustment, settlement_move
from services.loyalty_svc.core.tables import metadata
from services.loyalty_svc.earning.tables import order_points, tier_copy
from services.loyalty_svc.expiry.tables import lot_extension
from services.loyalty_svc.ledger.tables import borrowing, entry, hold, lot, posting, spent_lot, wallet
from services.loyalty_svc.programmes.tables import rule_set_step, rule_set_version
from services.loyalty_svc.settlements.tables import case_owner, unassigned_settlement

__all__ = [
    "adjustment", "borrowing", "case_owner", "entry", "hold", "lot", "lot_extension", "metadata", "order_points",
    "posting", "rule_set_step", "rule_set_version", "settlement_move", "spent_lot", "tier_copy",
    "unassigned_settlement",
    "wallet",
]  # fmt: skip
