"""Running a service: its life from start to stop, its health, and what other services and operators ask it."""
