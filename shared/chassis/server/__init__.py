"""The server that runs a service: its command, its two listeners, the names it answers under, and what keeps it from
starting (`python -m shared.chassis.server`). Nothing of it is part of an application.
"""
