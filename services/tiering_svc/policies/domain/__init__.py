"""Tier policies: their documents read and checked, the kinds of rule, and how each grades one customer."""
