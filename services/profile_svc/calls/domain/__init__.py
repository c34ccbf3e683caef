"""The rules of calls and of what pops up: pure functions."""
