"""Tiering's front door."""

from pathlib import Path

from fastapi import FastAPI

from services.tiering_svc.handlers import subscriptions, timers
from services.tiering_svc.handlers.back_tests import work_on_back_tests
from services.tiering_svc.handlers.lifetime import work_on_lifetime_values
from services.tiering_svc.handlers.reviews import work_on_reviews, work_on_simulations
from services.tiering_svc.handlers.risks import work_on_risks
from services.tiering_svc.handlers.warning_runs import work_on_warnings
from services.tiering_svc.routes import (
    assessments,
    back_tests,
    candidates,
    composition,
    customer_accounts,
    evaluations,
    indicators,
    key_accounts,
    lifetime,
    policies,
    privileges,
    pyramid,
    retention,
    satisfaction,
    simulations,
    stages,
    tiers,
    warning_rules,
    warnings,
)
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
            simulations.router,
            back_tests.router,
            privileges.router,
            pyramid.router,
            satisfaction.router,
            composition.router,
            assessments.router,
            lifetime.router,
            lifetime.of_customer,
            retention.router,
            retention.rules,
            candidates.router,
            key_accounts.router,
            key_accounts.never_served,
            key_accounts.rules,
            customer_accounts.router,
            warnings.router,
            warning_rules.router,
            stages.router,
        ],
        subscriptions=subscriptions,
        timers=timers,
        migrations=Path(__file__).parent / "migrations",
        background=[
            work_on_reviews,
            work_on_simulations,
            work_on_back_tests,
            work_on_lifetime_values,
            work_on_risks,
            work_on_warnings,
        ],
    )
