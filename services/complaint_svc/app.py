"""Complaint's application: its routes, what wakes it, its tables."""

from pathlib import Path

from fastapi import FastAPI

from services.complaint_svc.calendars import routes as calendars
from services.complaint_svc.cases.routes import case_contacts, complaints, deadline_explanations, steps
from services.complaint_svc.deadlines import routes as deadlines
from services.complaint_svc.first_rules import FirstRules
from services.complaint_svc.personal_data import PERSONAL_DATA
from services.complaint_svc.remedies import routes as remedies
from services.complaint_svc.settings import Settings, business_settings
from services.complaint_svc.subscriptions import background_jobs, subscriptions, timers
from shared.chassis import Ports, create_service
from shared.erasure.http import personal_data_routes
from shared.jobs.http import internal_router as jobs_of_this_service

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
            *(complaints.router, deadline_explanations.router, steps.router, case_contacts.internal_router),
            *(calendars.router, calendars.rules, deadlines.router, remedies.router),
            *(jobs_of_this_service, personal_data_routes(PERSONAL_DATA)),
        ],
        subscriptions=subscriptions,
        timers=timers,
        topic="patron.complaint",
        background=background_jobs,
        migrations=Path(__file__).parent / "migrations",
    )
