"""Detectors and warning rules, the life of a warning, stages and relationship types: pure, of one customer's months."""
