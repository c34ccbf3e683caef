"""Loyalty's front door."""

import asyncio
from pathlib import Path

from fastapi import FastAPI

from services.loyalty_svc.handlers import subscriptions, timers
from services.loyalty_svc.handlers.expiring import expire_as_time_passes
from services.loyalty_svc.routes import routers
from services.loyalty_svc.settings import Settings
from shared.chassis import Ports, Service, create_service


async def expire_lots(service: Service, stop: asyncio.Event) -> None:
    assert isinstance(service.settings, Settings)
    await expire_as_time_passes(service.database, stop, every_seconds=service.settings.expiry_seconds)


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        ports=ports,
        title="Patron loyalty",
        description="Points: what customers earned, hold, spent and owe.",
        routers=routers,
        subscriptions=subscriptions,
        timers=timers,
        topic="patron.loyalty",
        migrations=Path(__file__).parent / "migrations",
        background=[expire_lots],
    )
