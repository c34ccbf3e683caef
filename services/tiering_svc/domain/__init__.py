"""Tiering's rules, pure: indicators, policies, the life of a tier, reviews, explanations."""
