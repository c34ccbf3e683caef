"""Why is she gold? The decision kept its reasons: in words, in two languages, and as data.

It prints (with the days of your own run):

    Gold since 2026-11-26: raised at once by an order. In the 12 months 2025-12 to 2026-11 the amount was 2,500 USD. Gold begins at 2,400 USD. Policy “Annual spend”, version 1. As of 2026-11-28: In the 12 months 2025-12 to 2026-11 the amount was 2,500 USD. Gold begins at 2,400 USD. For Platinum, 2,300 USD is missing.
    自2026-11-26起为金卡：由订单即时升级。
    as data: amount 2500, from 2400, platinum needs 2300 more
    the day before she was: basic
"""  # noqa: E501

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8000")
DESK = httpx.Client(base_url=GATEWAY, timeout=20)


def order(ref: str, amount: str, placed: datetime) -> str:
    line = {"line": 1, "sku": "S-1", "category": "hardware", "quantity": 1, "amount": amount}
    body = {
        "order_id": uuid4().hex, "customer": {"ref": ref}, "placed_at": placed.isoformat(), "channel": "store",
        "currency": "USD", "lines": [line],
    }  # fmt: skip
    return str(DESK.post("/v1/orders", json=body).raise_for_status().json()["customer_id"])


def explain(customer: str, **question: str) -> dict[str, Any]:
    path = f"/v1/customers/{customer}/tier/explanation"
    return dict(DESK.get(path, params=question).raise_for_status().json())


def main() -> None:
    token = httpx.post(f"{GATEWAY}/dev/token", json={"role": "manager"}).json()["access_token"]
    DESK.headers["Authorization"] = f"Bearer {token}"
    ref, now = uuid4().hex, datetime.now(UTC)
    order(ref, "500.00", now - timedelta(days=3))
    customer = order(ref, "2000.00", now - timedelta(days=2))
    while (tier := DESK.get(f"/v1/customers/{customer}/tier")).is_error or tier.json()["tier"] != "gold":
        time.sleep(0.1)

    print(explain(customer, lang="en")["words"])
    print(explain(customer, lang="zh")["words"].partition("。")[0] + "。")
    why = explain(customer)["reasons"]
    print(f"as data: {why['indicator']} {why['value']}, from {why['band']['from']}", end=", ")
    following = explain(customer)["now"]["next"]
    print(f"{following['code']} needs {following['missing']} more")
    yesterday = (now - timedelta(days=2, hours=1)).isoformat()
    print("the day before she was:", explain(customer, at=yesterday)["tier"]["tier"])


main()
