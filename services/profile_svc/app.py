"""Profile's front door."""

from pathlib import Path

from fastapi import FastAPI

from services.profile_svc.handlers import subscriptions, timers
from services.profile_svc.routes import calls, customers, team
from services.profile_svc.settings import Settings
from shared.chassis import Ports, create_service


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        ports=ports,
        title="Patron profile",
        description="One file per customer, the account team, search, the overview and the call-centre pop.",
        topic="patron.profile",
        routers=[customers.router, team.router, calls.router],
        subscriptions=subscriptions,
        timers=timers,
        migrations=Path(__file__).parent / "migrations",
    )
