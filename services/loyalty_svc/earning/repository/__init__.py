"""Earning's SQL: what orders earned, and the copy of the tier histories."""
