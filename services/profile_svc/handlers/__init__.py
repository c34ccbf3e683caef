"""What profile does. Woken by events: `events.py`. Asked by people: `opening.py`, `files.py`, `team.py`, `calls.py`."""
