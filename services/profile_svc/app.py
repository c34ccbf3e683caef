"""Profile's front door."""

from pathlib import Path

from fastapi import FastAPI

from services.profile_svc.routes import calls, contact_log, customers, groups, opening, team
from services.profile_svc.settings import Settings
from services.profile_svc.subscriptions import subscriptions, timers
from shared.chassis import Ports, create_service


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    settings = settings or Settings()
    return create_service(
        settings,
        ports=ports,
        title="Patron profile",
        description="One file per customer, the account team, search, the overview and the call-centre pop.",
        topic="patron.profile",
        routers=[opening.router, customers.router, team.router, calls.router, contact_log.router, groups.router],
        subscriptions=subscriptions,
        timers=timers,
        body_limits={"/v1/customers:batch": settings.batch_limit},
        migrations=Path(__file__).parent / "migrations",
    )
