"""A return is as if it had never been bought: tier and points are corrected from the order's own date.

It prints:

    after 500.00 and 2,000.00: gold, 3500 points
    now that the 2,000.00 came back: basic, 500 points
    its history: basic, basic (correction)
    its history as it was known before: basic, gold (upgrade)
"""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8000")
SHOP = httpx.Client(base_url=GATEWAY, timeout=20)


def order(ref: str, amount: str, days_ago: int) -> dict[str, Any]:
    line = {"line": 1, "sku": "S-1", "category": "hardware", "quantity": 1, "amount": amount}
    placed = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    body = {"order_id": uuid4().hex, "customer": {"ref": ref}, "channel": "store", "currency": "USD"}
    body |= {"placed_at": placed, "lines": [line]}
    return dict(SHOP.post("/v1/orders", json=body).raise_for_status().json())


def wait_until(customer: str, tier: str, points: int) -> str:
    """What follows an order is there within milliseconds; who wants to see it at once asks again."""
    for _ in range(200):
        now = SHOP.get(f"/v1/customers/{customer}/tier"), SHOP.get(f"/v1/customers/{customer}/points")
        if (now[0].json().get("tier"), now[1].json().get("balance")) == (tier, points):
            return f"{tier}, {points} points"
        time.sleep(0.1)
    raise TimeoutError


def history(customer: str, **question: str) -> str:
    items = SHOP.get(f"/v1/customers/{customer}/tier/history", params=question).raise_for_status().json()["items"]
    return ", ".join(row["tier"] + ("" if row["kind"] == "first" else f" ({row['kind']})") for row in items)


def main() -> None:
    token = httpx.post(f"{GATEWAY}/dev/token", json={"role": "admin"}).json()["access_token"]
    SHOP.headers["Authorization"] = f"Bearer {token}"
    ref = uuid4().hex
    customer, large = order(ref, "500.00", 3)["customer_id"], order(ref, "2000.00", 2)["id"]
    print("after 500.00 and 2,000.00:", wait_until(customer, "gold", 3500))
    before = datetime.now(UTC).isoformat()
    back = {"return_id": uuid4().hex, "returned_at": before, "lines": [{"line": 1, "quantity": 1}]}
    SHOP.post(f"/v1/orders/{large}/returns", json=back).raise_for_status()
    print("now that the 2,000.00 came back:", wait_until(customer, "basic", 500))
    print("its history:", history(customer))
    print("its history as it was known before:", history(customer, known_at=before))


main()
