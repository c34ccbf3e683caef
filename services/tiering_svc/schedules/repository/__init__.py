"""Schedules in force over time, and SQL of what they requested."""
