"""Shares against targets, and what marks a group of customers out from all others."""
