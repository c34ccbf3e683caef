"""The customer that a route is about, when whoever asks may see it (G1)."""

from typing import Annotated
from uuid import UUID

from services.loyalty_svc.customers.repository import list_sources
from shared.chassis import visible_customer_in_path

VisibleCustomer = Annotated[UUID, visible_customer_in_path(list_sources)]
"""The id in a path below `/customers/{customer_id}`. One that has no wallet, or another partner's: 404."""
