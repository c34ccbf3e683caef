"""Faults of the whole embedded system, which lives as long as the tests of this package run one after another."""
