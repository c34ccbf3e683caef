"""Complaints: what went wrong, and putting it right in time (C1, C2, C3)."""
