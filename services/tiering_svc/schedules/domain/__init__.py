"""Recurrences, what each kind of run is due by, and which runs are due: pure functions of schedules and instants."""
