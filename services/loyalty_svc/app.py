"""Loyalty's application."""

from pathlib import Path

from fastapi import FastAPI

from services.loyalty_svc.adjustments import routes as adjustments
from services.loyalty_svc.earning import routes as earning
from services.loyalty_svc.expiry import routes as expiry
from services.loyalty_svc.ledger import routes as ledger
from services.loyalty_svc.personal_data import PERSONAL_DATA
from services.loyalty_svc.programmes import routes as programmes
from services.loyalty_svc.redemptions import routes as redemptions
from services.loyalty_svc.settings import Settings
from services.loyalty_svc.subscriptions import background_jobs, subscriptions, timers
from shared.chassis import Ports, create_service
from shared.erasure.http import personal_data_routes
from shared.jobs.http import internal_router as jobs_of_this_service

TAGS = {
    "points": "The ledger of points: balances, lots, holds, redemptions, adjustments, the programme that earns.",
}


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    """The service over HTTP and on the event bus; a test passes settings and ports of its own."""
    return create_service(
        settings or Settings(),
        ports=ports,
        title="Patron loyalty",
        description="Points: what customers earned, hold, spent and owe.",
        tags=TAGS,
        routers=[
            *(area.router for area in (ledger, earning, redemptions, adjustments, expiry, programmes)),
            *(jobs_of_this_service, personal_data_routes(PERSONAL_DATA)),
        ],
        subscriptions=subscriptions,
        timers=timers,
        topic="patron.loyalty",
        migrations=Path(__file__).parent / "migrations",
        background=background_jobs,
    )
