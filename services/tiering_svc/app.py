"""Tiering's application."""

from pathlib import Path

from fastapi import FastAPI

from services.tiering_svc.indicators import routes as indicators
from services.tiering_svc.key_accounts.routes import candidates, exclusions, key_accounts
from services.tiering_svc.key_accounts.routes import customers as customer_accounts
from services.tiering_svc.monitoring.routes import likelihood_models, stages, warning_rules, warnings
from services.tiering_svc.personal_data import PERSONAL_DATA
from services.tiering_svc.policies import routes as policies
from services.tiering_svc.pyramid.routes import composition, pyramid
from services.tiering_svc.retention.routes import churn as retention
from services.tiering_svc.retention.routes import lifetime_values as lifetime
from services.tiering_svc.reviews.routes import back_tests, evaluations, simulations
from services.tiering_svc.schedules import routes as schedules
from services.tiering_svc.service_quality.routes import assessed_facts, assessments, loyalty_curve, satisfaction
from services.tiering_svc.settings import Settings
from services.tiering_svc.subscriptions import background, subscriptions, timers
from services.tiering_svc.tiers.routes import overrides as privileges
from services.tiering_svc.tiers.routes import tiers
from shared.chassis import Ports, create_service
from shared.erasure.http import personal_data_routes
from shared.jobs.http import internal_router as jobs_of_this_service

TAGS = {
    "indicators": "The figures that customers are graded by.",
    "tiers": "A customer's tier: now, since when, at any past instant, and why; overrides and promises.",
    "policies": "Tier policies: written, approved by another person, put in force, retired.",
    "reviews": "Reviews: every customer graded anew at one instant, and who moved.",
    "simulations": "What a policy would do, now (simulations) or over past months (back-tests), without any effect.",
    "pyramid": "How many customers and how much revenue each tier has, and who moved between two instants.",
    "composition": "Whom the revenue comes from: by tier, by category of goods, against targets.",
    "satisfaction": "What customers said they expected and got, and the index made of it.",
    "assessments": "How managers and centres served their customers in a month, by rules; submissions and spot checks.",
    "lifetime value": "What customers are still expected to bring, by a model of buying.",
    "retention": "Who stayed, who was lost, and what it cost to keep or win them.",
    "key accounts": "Key accounts, customers never to be served, flags of risk: proposed, approved, ended.",
    "warnings": "Early warnings: raised by rules, worked on, closed; and what a rule would have raised.",
    "schedules": "When reviews, sweeps, assessments and lifetime values are run by themselves, and what ran.",
    "stages": "Where a relationship stands, from the first order to its decline.",
}


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        ports=ports,
        title="Patron tiering",
        description="What a customer is worth, which tier follows from it, and why.",
        tags=TAGS,
        topic="patron.tiering",
        routers=[
            indicators.router,
            tiers.router,
            *(policies.router, policies.internal),
            evaluations.router,
            simulations.router,
            back_tests.router,
            privileges.router,
            pyramid.router,
            satisfaction.router,
            satisfaction.indexes,
            loyalty_curve.router,
            composition.router,
            composition.targets,
            assessments.router,
            assessments.rules,
            assessed_facts.router,
            lifetime.router,
            lifetime.of_customer,
            retention.router,
            retention.rules,
            candidates.router,
            key_accounts.router,
            exclusions.router,
            key_accounts.rules,
            customer_accounts.router,
            warnings.router,
            likelihood_models.router,
            warning_rules.router,
            warning_rules.rules,
            stages.router,
            stages.rules,
            schedules.rules,
            schedules.router,
            schedules.internal_router,
            jobs_of_this_service,
            personal_data_routes(PERSONAL_DATA),
        ],
        subscriptions=subscriptions,
        timers=timers,
        migrations=Path(__file__).parent / "migrations",
        background=background,
    )
