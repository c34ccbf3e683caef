"""The gateway's application: its areas' routes, and what each area keeps in the process."""

from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware

from services.gateway.access.dependencies import authenticate
from services.gateway.access.handlers.authenticator import Authenticator
from services.gateway.access.routes import development, partner_keys, sign_out
from services.gateway.access.routes.rate_limit import RateLimitMiddleware, RefusalDelay, TokenBuckets, counting_clients
from services.gateway.audit import routes as audit
from services.gateway.contract import routes as contract
from services.gateway.contract.handlers import INTRODUCTION, MergedContract
from services.gateway.customers import routes as customers
from services.gateway.desk.routes import pages as desk
from services.gateway.desk.routes import sign_in
from services.gateway.forwarding.handlers.composition import Composer
from services.gateway.forwarding.handlers.streams import Transfers
from services.gateway.forwarding.routes import customer_files, forwarding
from services.gateway.intake.dependencies import OrderIntake
from services.gateway.intake.routes import orders, reversals
from services.gateway.my_work import routes as my_work
from services.gateway.partners import routes as partners
from services.gateway.partners.handlers import SourceDirectory
from services.gateway.personal_data import PERSONAL_DATA
from services.gateway.receivables import routes as receivables
from services.gateway.references import routes as references
from services.gateway.settings import Settings
from services.gateway.subscriptions import background_jobs, subscriptions, timers
from shared.chassis import Ports, Service, create_service
from shared.erasure.http import personal_data_routes
from shared.jobs.http import internal_router as jobs_of_this_service

ROUTERS = (
    contract.router,
    desk.root,
    desk.router,
    sign_in.router,
    orders.router,
    reversals.router,
    receivables.router,
    references.router,
    partners.router,
    partner_keys.router,
    sign_out.router,
    my_work.router,
    audit.router,
    development.router,
    customers.router,
    customers.forwarded,
    customer_files.router,
    jobs_of_this_service,
    personal_data_routes(PERSONAL_DATA),
    forwarding.router,  # last: it takes every path below /v1 that nobody before it took
)

TAGS = {
    "orders": "Orders and what becomes of them: returns, deliveries, cancellation.",
    "receivables": "What customers owe, and what they paid.",
    "partners": "Channels that send orders, and their keys.",
    "audit": "Who saw or changed whose personal data, in all services.",
    "my work": "What concerns the person who asks: their customers, cases and tasks.",
    "signing out": "Ending a person's token before it expires.",
    "running": "Whether the whole is up.",
    "development": "Tokens to try things out with. Only where the development issuer is switched on.",
}


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    """The gateway as an application; `ports` replace the outside world in tests."""
    settings = settings or Settings()
    clients = TokenBuckets(per_second=settings.requests_per_second, burst=settings.burst)
    addresses = TokenBuckets(per_second=settings.requests_per_address, burst=settings.address_burst)
    delay = RefusalDelay()
    app = create_service(
        settings,
        ports=ports,
        title="Patron",
        description=INTRODUCTION,
        tags=TAGS,
        topic="patron.intake",
        routers=ROUTERS,
        subscriptions=subscriptions,
        timers=timers,
        background=background_jobs,
        migrations=Path(__file__).parent / "migrations",
        authenticate=counting_clients(authenticate, clients, delay),
    )
    # inside of the outermost layer, so that what is refused is logged and counted too
    app.user_middleware.append(Middleware(RateLimitMiddleware, addresses=addresses, delay=delay))
    service: Service = app.state.service
    app.state.authenticator = Authenticator(settings, service.database, service.verifier, service.security_log)
    app.state.sources = SourceDirectory(service.database, settings.sources)
    app.state.order_intake = OrderIntake.of(service.database, settings.rules)
    app.state.contract = MergedContract()
    app.state.composer = Composer(service, settings.part_seconds)
    app.state.transfers = Transfers(settings.transfers_at_once)
    orders.order_route.put_first(app)
    return app
