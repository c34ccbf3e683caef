"""HTTP shapes of the health of the whole."""

from typing import Literal

from shared.chassis import Read


class ServiceHealth(Read):
    name: str
    state: Literal["ready", "not_ready", "away"]


class HealthRead(Read):
    state: Literal["ready", "degraded"]
    services: list[ServiceHealth]
