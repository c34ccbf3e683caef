"""Tiering: what a customer is worth (indicators by month) and which tier follows (policies, history)."""
