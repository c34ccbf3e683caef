"""Tiering: what a customer is worth (indicators by month) and which tier follows from it (policies, reviews, history)."""
