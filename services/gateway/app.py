"""The gateway's front door."""

from pathlib import Path

from fastapi import FastAPI

from services.gateway.routes import contract, customers, desk, follow_ups, forwarding, orders, partners
from services.gateway.routes.state import authenticate, equip
from services.gateway.settings import Settings
from services.gateway.subscriptions import subscriptions, timers
from shared.chassis import Ports, create_service


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    settings = settings or Settings()
    app = create_service(
        settings,
        ports=ports,
        title="Patron",
        description="Key-account operations: orders in, customers, tiers, complaints and points out.",
        topic="patron.intake",
        routers=[
            contract.router,
            desk.router,
            orders.router,
            follow_ups.router,
            follow_ups.money,
            partners.router,
            partners.development,
            customers.router,
            forwarding.router,
        ],
        subscriptions=subscriptions,
        timers=timers,
        migrations=Path(__file__).parent / "migrations",
        authenticate=authenticate,
        body_limits={"/v1/orders": settings.order_limit},
    )
    equip(app, settings)
    orders.hot_order.put_first(app)
    return app
