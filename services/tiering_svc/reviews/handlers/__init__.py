"""Runs requested, and the steps that measure, decide and apply them, batch by batch."""
