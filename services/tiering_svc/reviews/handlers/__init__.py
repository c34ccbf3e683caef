"""Runs asked for, and the steps that measure, decide and apply them, batch by batch."""
