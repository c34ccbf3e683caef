"""Runs with what they found, and back-tests."""
