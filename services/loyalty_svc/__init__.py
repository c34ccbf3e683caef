"""Loyalty: the points ledger (L1) and what earns points (L2)."""
