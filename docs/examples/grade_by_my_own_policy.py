"""Grade by my own policy: written by one person, put in force by another. It prints:

its author may not put it in force: own_rule_set
in force: Regulars
a customer with three orders is: regular
and with two more: friend
"""

import os
import time
from datetime import UTC, datetime
from uuid import uuid4

import httpx

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8000")
NAMES = (("guest", "客人"), ("regular", "常客"), ("friend", "老朋友"))
RULES = {
    "kind": "single_indicator", "indicator": "orders", "window": {"months": 12},
    "levels": [{"code": code, "name": {"en": code.capitalize(), "zh": zh}} for code, zh in NAMES],
    "bands": [{"tier": "regular", "from": "3"}, {"tier": "friend", "from": "5"}],
}  # fmt: skip
REGULARS = {"name": {"en": "Regulars", "zh": "常客"}, "document": RULES}


def person(role: str) -> httpx.Client:
    token = httpx.post(f"{GATEWAY}/dev/token", json={"role": role}).json()["access_token"]
    return httpx.Client(base_url=GATEWAY, headers={"Authorization": f"Bearer {token}"})


def place_orders(shop: httpx.Client, ref: str, count: int) -> str:
    body = {"customer": {"ref": ref}, "placed_at": datetime.now(UTC).isoformat(), "currency": "USD", "channel": "store"}
    body["lines"] = [{"line": 1, "sku": "tea", "category": "drinks", "quantity": 1, "amount": "3.00"}]
    answers = [shop.post("/v1/orders", json=body | {"order_id": uuid4().hex}) for _ in range(count)]
    return str(answers[0].json()["customer_id"])


def wait_for(desk: httpx.Client, customer: str, tier: str) -> str:
    while desk.get(f"/v1/customers/{customer}/tier").json().get("tier") != tier:
        time.sleep(0.1)
    return tier


def main() -> None:
    with person("admin") as author, person("head") as head:
        shipped = author.get("/v1/tier-policies/in-force").raise_for_status().json()["items"][0]
        draft = author.post("/v1/tier-policies", json=REGULARS).json()
        activation, version = f"/v1/tier-policies/{draft['id']}/activation", {"version": 1}
        print("its author may not put it in force:", author.post(activation, json=version).json()["code"])
        print("in force:", head.post(activation, json=version).raise_for_status().json()["name"]["en"])
        try:
            customer = place_orders(author, ref := uuid4().hex, 3)
            print("a customer with three orders is:", wait_for(head, customer, "regular"))
            print("and with two more:", wait_for(head, place_orders(author, ref, 2), "friend"))
        finally:
            for asks in (author, head):  # to bring an older policy back takes two
                asks.post(f"/v1/tier-policies/{shipped['id']}/activation", json={"version": shipped["version"]})


main()
