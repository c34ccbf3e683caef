"""HTTP shapes of the health of the whole."""

from typing import Literal

from shared.chassis import Read


class ServiceHealth(Read):
    """A service: ready, up but not ready, or out of reach."""

    name: str
    state: Literal["ready", "not_ready", "away"]


class HealthRead(Read):
    """`degraded` when one of the services is not ready."""

    state: Literal["ready", "degraded"]
    services: list[ServiceHealth]
