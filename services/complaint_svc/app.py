"""Complaint's application: its routes, what wakes it, its tables."""

from pathlib import Path

from fastapi import FastAPI

from services.complaint_svc.calendars import routes as calendars
from services.complaint_svc.cases.routes import complaints, steps
from services.complaint_svc.deadlines import routes as deadlines
from services.complaint_svc.remedies import routes as remedies
from services.complaint_svc.settings import FirstRules, Settings, business_settings
from services.complaint_svc.subscriptions import subscriptions, timers
from shared.chassis import Ports, create_service

TAGS = {
    "complaints": "Cases from filing to follow-up: their steps, their proposals, their deadlines.",
    "complaint rules": "How much working time each stage is given, and when the business is open.",
}


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    business_settings()  # a wrong setting stops the start, not the first complaint
    FirstRules()
    return create_service(
        settings or Settings(),
        ports=ports,
        title="Patron complaints",
        description="What went wrong, and putting it right in time: cases, their steps, their deadlines.",
        tags=TAGS,
        routers=[
            *(complaints.router, steps.router),
            *(calendars.router, calendars.rules, deadlines.router, remedies.router),
        ],
        subscriptions=subscriptions,
        timers=timers,
        topic="patron.complaint",
        migrations=Path(__file__).parent / "migrations",
    )
