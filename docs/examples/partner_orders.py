"""A partner sends orders: with a key of its own, each once however often it is sent, seen by nobody else's partner.

It prints:

    accepted, then the same again: True
    the partner reads its order back: 2 lines, 130.00
    another partner's order 1001: accepted, as it is another one
    and the first one to that partner: 404
"""

import os
from datetime import UTC, datetime
from uuid import uuid4

import httpx

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8000")


def sign_in(role: str) -> httpx.Client:
    """A person's client, by the development issuer; in production the token is your OIDC provider's."""
    token = httpx.post(f"{GATEWAY}/dev/token", json={"role": role}).json()["access_token"]
    return httpx.Client(base_url=GATEWAY, headers={"Authorization": f"Bearer {token}"})


def new_partner(admin: httpx.Client) -> httpx.Client:
    """A partner's client. Its key is shown once; Patron keeps only a digest."""
    code = f"dealer-{uuid4().hex[:8]}"
    partner = admin.post("/v1/partners", json={"code": code, "name": "A dealer"}).raise_for_status().json()
    key = admin.post(f"/v1/partners/{partner['id']}/keys", json={}).raise_for_status().json()
    return httpx.Client(base_url=GATEWAY, headers={"Authorization": f"Bearer {key['secret']}"})


def main() -> None:
    with sign_in("admin") as admin, new_partner(admin) as dealer, new_partner(admin) as other:
        order = {
            "order_id": "1001",
            "customer": {"ref": "C-17"},  # the partner's own name of the customer
            "placed_at": datetime.now(UTC).isoformat(),
            "currency": "USD",
            "channel": "store",
            "lines": [
                {"line": 1, "sku": "router", "category": "hardware", "quantity": 1, "amount": "120.00"},
                {"line": 2, "sku": "cable", "category": "hardware", "quantity": 2, "amount": "10.00"},
            ],
        }
        first = dealer.post("/v1/orders", json=order).raise_for_status()
        again = dealer.post("/v1/orders", json=order).raise_for_status()  # after a timeout, say
        print("accepted, then the same again:", first.json() == again.json())

        id = first.json()["id"]
        kept = dealer.get(f"/v1/orders/{id}").raise_for_status().json()
        print(f"the partner reads its order back: {len(kept['lines'])} lines, {kept['amount']}")
        theirs = other.post("/v1/orders", json=order).raise_for_status().json()
        print("another partner's order 1001:", "accepted, as it is another one" if theirs["id"] != id else "the same")
        print("and the first one to that partner:", other.get(f"/v1/orders/{id}").status_code)


if __name__ == "__main__":
    main()
