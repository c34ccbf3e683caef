"""What the gateway's routes share in one process: the door, intake's writer, the contract of the whole."""

from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.middleware import Middleware

from services.gateway.handlers.access import Door
from services.gateway.handlers.contract import WholeContract
from services.gateway.handlers.intake import Intake
from services.gateway.routes.rate_limit import RateLimit
from services.gateway.schemas.quick_orders import QuickOrders
from services.gateway.settings import Settings
from shared.chassis import Actor, Service
from shared.chassis.access import bearer_of


@dataclass(frozen=True, slots=True)
class Gateway:
    settings: Settings
    door: Door
    intake: Intake
    quick: QuickOrders
    contract: WholeContract


def equip(app: FastAPI, settings: Settings) -> None:
    """Called once, before the application serves. The rate limit goes inside of the front door, so it is logged too."""
    service: Service = app.state.service
    app.user_middleware.append(Middleware(RateLimit, per_second=settings.requests_per_second, burst=settings.burst))
    app.state.gateway = Gateway(
        settings,
        Door(settings, service.database, service.verifier),
        Intake(service.database, settings.rules, settings.sources),
        QuickOrders(settings.rules),
        WholeContract(),
    )


def gateway_of(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def authenticate(request: Request, _: Service) -> Actor:
    """The gateway's way in place of the chassis's internal tokens."""
    return await gateway_of(request).door.actor(bearer_of(request))
