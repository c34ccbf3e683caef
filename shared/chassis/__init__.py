"""The chassis: what every service stands on. `create_service` builds an application; the rest are words for routes.

`access` says who asks and what they may do, `visibility` which customers they see; `http` how requests come in and
answers go out; `contract` makes the documents of both interfaces; `observability` and `operations` are for who runs it.
Services import from here; what is not exported is the chassis's own.
"""

from shared.chassis.access.identity import Actor, CurrentActor
from shared.chassis.access.policy import allow, public
from shared.chassis.application import create_service
from shared.chassis.clients import Clients
from shared.chassis.contract.headers import sends
from shared.chassis.http.announced_codes import AnnouncedCode, refuse_personal
from shared.chassis.http.etag import IfMatch, etag_of, require_unchanged, show_etag
from shared.chassis.http.instants import refuse_backdating, refuse_future
from shared.chassis.http.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
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
from shared.chassis.visibility import (
    DataScope,
    SourcesOf,
    data_scope,
    list_visible,
    list_visible_members,
    staff_only,
    visible_customer,
    visible_customer_in_path,
    visible_thing_in_path,
)

__all__ = [
    "DEFAULT_LIMIT",
    "Actor",
    "Amount",
    "AnnouncedCode",
    "Clients",
    "Code",
    "CurrentActor",
    "Cursor",
    "DataScope",
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
    "data_scope",
    "etag_of",
    "list_visible",
    "list_visible_members",
    "page_of",
    "passes_query_on",
    "public",
    "read_cursor",
    "refuse_backdating",
    "refuse_future",
    "refuse_personal",
    "require_unchanged",
    "sends",
    "service_router",
    "show_etag",
    "staff_only",
    "visible_customer",
    "visible_customer_in_path",
    "visible_thing_in_path",
]
