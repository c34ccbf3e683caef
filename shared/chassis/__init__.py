"""The chassis: what every service stands on. `create_service` is the front door; the rest are words for routes."""

from shared.chassis.access.identity import Actor, CurrentActor
from shared.chassis.access.policy import allow, public
from shared.chassis.application import create_service
from shared.chassis.clients import Clients
from shared.chassis.http.etag import IfMatch, etag_of, require_unchanged, show_etag
from shared.chassis.http.pages import Cursor, Limit, Page, page_of, read_cursor
from shared.chassis.http.query_parameters import passes_query_on
from shared.chassis.http.routing import Tx, service_router
from shared.chassis.http.shapes import (
    Amount,
    Code,
    Day,
    Id,
    Instant,
    Name,
    Points,
    Quantity,
    Read,
    Shape,
    SignedAmount,
    Text,
)
from shared.chassis.problems import Refused
from shared.chassis.service import Ports, Service
from shared.chassis.settings import ServiceSettings
from shared.chassis.visibility import SourcesOf, staff_only, visible_customer, visible_customer_in_path

__all__ = [
    "Actor",
    "Amount",
    "Clients",
    "Code",
    "CurrentActor",
    "Cursor",
    "Day",
    "Id",
    "IfMatch",
    "Instant",
    "Limit",
    "Name",
    "Page",
    "Points",
    "Ports",
    "Quantity",
    "Read",
    "Refused",
    "Service",
    "ServiceSettings",
    "Shape",
    "SignedAmount",
    "SourcesOf",
    "Text",
    "Tx",
    "allow",
    "create_service",
    "etag_of",
    "page_of",
    "passes_query_on",
    "public",
    "read_cursor",
    "require_unchanged",
    "service_router",
    "show_etag",
    "staff_only",
    "visible_customer",
    "visible_customer_in_path",
]
