"""Tiering's front door."""

from pathlib import Path

from fastapi import FastAPI

from services.tiering_svc.handlers import subscriptions, timers
from services.tiering_svc.handlers.lifetime import work_on_lifetime_values
from services.tiering_svc.handlers.reviews import work_on_reviews
from services.tiering_svc.routes import evaluations, indicators, lifetime, policies, pyramid, satisfaction, tiers
from services.tiering_svc.settings import Settings
from shared.chassis import Ports, create_service


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        ports=ports,
        title="Patron tiering",
        description="What a customer is worth, which tier follows from it, and why.",
        topic="patron.tiering",
        routers=[
            indicators.router,
            tiers.router,
            policies.router,
            evaluations.router,
            pyramid.router,
            satisfaction.router,
            lifetime.router,
            lifetime.of_customer,
        ],
        subscriptions=subscriptions,
        timers=timers,
        migrations=Path(__file__).parent / "migrations",
        background=[work_on_reviews, work_on_lifetime_values],
    )
