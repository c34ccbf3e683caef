"""What the tests of complaints tell the service: a complaint over HTTP, customers and tiers as events."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.events import CustomerReferenceRegistered, CustomerRegistered, CustomerTraitsChanged, TierChanged
from tests.complaint_svc.case_builders import CUSTOMER, utc
from tests.tier_tails import row_changed

STORY: dict[str, Any] = {
    "customer": {"id": str(CUSTOMER)},
    "kind": "complaint",
    "severity": "normal",
    "channel": "call",
    "category": "hardware",
    "about": {"order_id": "A-1001", "sku": "sku-7", "product": "充电器"},
    "what_happened": "充电器坏了 and it smells",
    "bought_at": "2026-01-02T10:00:00Z",
    "usage": "every night",
    "request": "another one",
    "settlement_wish": "by post",
    "contact": {"name": "李雷", "phone": "+86 10 1234 5678", "email": "li@example.com"},
}


def registered(customer_id: UUID = CUSTOMER) -> CustomerRegistered:
    return CustomerRegistered(customer_id=customer_id, kind="person", registered_at=utc("2026-01-01T00:00"))


def known_to(partner_id: UUID, customer_id: UUID = CUSTOMER) -> CustomerReferenceRegistered:
    """The partner has a reference of the customer, so that it may file cases for it."""
    return CustomerReferenceRegistered(
        customer_id=customer_id, source=f"partner:{partner_id}", registered_at=utc("2026-01-01T00:00")
    )


def lives_in(region: str | None, customer_id: UUID = CUSTOMER) -> CustomerTraitsChanged:
    return CustomerTraitsChanged(
        customer_id=customer_id, kind="person", region=region, completeness=10, changed_at=utc("2026-01-01T00:00")
    )


def tier(name: str, customer_id: UUID = CUSTOMER, rank: int = 1) -> TierChanged:
    return row_changed(customer_id, uuid4(), name, rank, utc("2026-01-01T00:00"), kind="first")


async def filed(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/complaints", json=STORY | more)
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case
