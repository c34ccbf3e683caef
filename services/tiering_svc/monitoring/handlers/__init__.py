"""Sweeps over everybody, what people do about a warning, and back-tests of a rule in batches."""
