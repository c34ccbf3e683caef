"""Profile's application: its areas' routes and what wakes them."""

from pathlib import Path

from fastapi import FastAPI

from services.profile_svc.calls import routes as calls
from services.profile_svc.consents import routes as consents
from services.profile_svc.contacts import routes as contacts
from services.profile_svc.employees import routes as employees
from services.profile_svc.erasure import routes as erasure
from services.profile_svc.exports import routes as exports
from services.profile_svc.files import routes as files
from services.profile_svc.groups import routes as groups
from services.profile_svc.imports.routes import batches, customer_imports
from services.profile_svc.merges import routes as merges
from services.profile_svc.messages import routes as messages
from services.profile_svc.overview import routes as overview
from services.profile_svc.overview.repository.tier_names import TierNames
from services.profile_svc.person_exports import routes as person_exports
from services.profile_svc.personal_data import PERSONAL_DATA
from services.profile_svc.references.repository.registry import ReferenceRegistry
from services.profile_svc.search import routes as search
from services.profile_svc.settings import Settings, message_settings
from services.profile_svc.subscriptions import background_jobs, subscriptions, timers
from services.profile_svc.teams import routes as teams
from services.profile_svc.units import routes as units
from shared.chassis import Ports, create_service
from shared.erasure.http import personal_data_routes
from shared.files.uploads import upload_routers
from shared.jobs.http import internal_router as jobs_of_this_service

AREAS = (
    *(batches, customer_imports, exports, search, files, overview, units, employees, teams, calls, contacts, groups),
    *(consents, messages, merges, erasure, person_exports),
)

TAGS = {
    "files": "Bytes: resumable uploads (tus 1.0.0).",
    "imports": "Customers from files: read in the background, each row with its result, undone again.",
    "customers": "The customer file: opened, read, changed, found by name, phone, e-mail or reference; the overview.",
    "contact log": "Every conversation with a customer, and the next step that was agreed.",
    "consents": "What a customer allows to be written or called to for, and by which channel.",
    "people": "The company's own units and employees: where they belong, whether they are there, who signs in.",
    "team": "Employees, and who of them is responsible for which customer.",
    "groups": "Which customer belongs to which: companies and their parents.",
    "merges": "Two customers who are one: what a merge would do, making it, undoing it.",
    "privacy": "A person's data: told to the person, or erased everywhere.",
    "messages": "What customers are to be told: asked for here, sent by somebody else, who reports back.",
    "calls": "The call centre: who is calling, and how calls went.",
}


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> FastAPI:
    """The application of profile: by its environment, on the real broker, where nothing else is given."""
    settings = settings or Settings()
    message_settings()  # a wrong setting stops the start, not the first message
    tier_names = TierNames(settings.tier_names_seconds)
    app = create_service(
        settings,
        ports=ports,
        title="Patron profile",
        description="One file per customer, the account team, search, the overview and the call-centre pop.",
        tags=TAGS,
        topic="patron.profile",
        routers=[
            *upload_routers("customers:write"),
            *(area.router for area in AREAS),
            contacts.tasks,
            customer_imports.streams,
            exports.streams,
            erasure.internal_router,
            jobs_of_this_service,
            personal_data_routes(PERSONAL_DATA),
        ],
        subscriptions=subscriptions,
        timers=timers,
        background=(*background_jobs, tier_names.load_as_time_passes),
        migrations=Path(__file__).parent / "migrations",
    )
    app.state.tier_names = tier_names
    app.state.reference_registry = ReferenceRegistry(app.state.service.clients.get_json, settings.registry_seconds)
    return app
