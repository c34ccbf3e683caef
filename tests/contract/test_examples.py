"""Examples of the contract are what the system answers: a day of the main job, played on all five services.

`PATRON_WRITE_EXAMPLES=1 python -m pytest tests/contract/test_examples.py` writes docs/openapi/examples anew; without it
the test says what differs. `python -m tools.contracts` puts them into the contract.
"""

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.messaging import Database
from shared.messaging.timers import Timers
from tests import harness
from tests.contract.documents import public
from tests.contract.recorder import Recorder, write
from tests.system import System
from tests.system import system as start_system

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "openapi" / "examples"
MORNING = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)  # a Monday


class Clock:
    """Stands still but when it is set; the same in every run."""

    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **how_long: float) -> None:
        self.at += timedelta(**how_long)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def system(
    databases: harness.Databases, keys: harness.Keys, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[System]:
    """Whose timers go by its clock too, which the database does not know."""
    fire_due = Timers.fire_due

    async def fire_due_by_the_clock(timers: Timers, database: Database, *, until: datetime | None = None) -> int:
        return await fire_due(timers, database, until=until or database.clock())

    monkeypatch.setattr(Timers, "fire_due", fire_due_by_the_clock)
    async with start_system(databases, keys, clock=clock) as running:
        yield running


def before(**how_long: float) -> str:
    return (MORNING - timedelta(**how_long)).isoformat().replace("+00:00", "Z")


def line(number: int, sku: str, category: str, quantity: int, amount: str) -> dict[str, Any]:
    return {"line": number, "sku": sku, "category": category, "quantity": quantity, "amount": amount}


def order(order_id: str, customer: dict[str, str], placed_at: str, *lines: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": order_id, "customer": customer, "placed_at": placed_at, "currency": "USD", "channel": "web",
        "lines": list(lines),
    }  # fmt: skip


async def sell(recorder: Recorder) -> tuple[str, str]:
    """A customer's file, its orders and what became of them. The customer's id, and the first order's."""
    customer = await recorder.send(
        "openCustomer", "A company with a telephone number", status=201,
        body={"kind": "organisation", "names": [{"name": "Ember & Oak", "language": "en"}],
              "phones": [{"number": "+1 206 555 0100"}], "region": "US-WA", "industry": "hospitality"},
    )  # fmt: skip
    path = {"customer_id": customer["id"]}
    bought = order("2026-0107", {"id": customer["id"]}, before(days=40), line(1, "T-100", "tea", 20, "1990.00"),
                   line(2, "C-220", "china", 4, "1240.00"))  # fmt: skip
    first = await recorder.send("reportOrder", "An order of two lines", body=bought, status=202)
    batch = [
        order("2026-0108", {"id": customer["id"]}, before(days=12), line(1, "T-100", "tea", 5, "497.50")),
        order("2026-0109", {"id": customer["id"]}, before(days=1), line(1, "T-900", "tea", 0, "12.00")),
    ]
    await recorder.send(
        "reportOrders", "Two orders, the second of which says a quantity that cannot be", status=200,
        body="".join(json.dumps(each) + "\n" for each in batch),
    )  # fmt: skip
    called_off = order("2026-0110", {"id": customer["id"]}, before(hours=30), line(1, "C-220", "china", 1, "310.00"))
    cancelled = (await recorder.system.gateway.post("/v1/orders", json=called_off)).json()
    of_the_first = {"order_id": first["id"]}
    await recorder.send(
        "reportDelivery", "The goods arrived", path=of_the_first, status=201,
        body={"delivery_id": "D-1", "delivered_at": before(days=37)},
    )  # fmt: skip
    await recorder.send(
        "reportReturn", "One of four pieces came back", path=of_the_first, status=201,
        body={"return_id": "R-1", "returned_at": before(days=30), "lines": [{"line": 2, "quantity": 1}]},
    )  # fmt: skip
    await recorder.send(
        "reportCancellation", "Called off before it was sent", path={"order_id": cancelled["id"]}, status=201,
        body={"cancelled_at": before(hours=20), "reason": "changed_mind"},
    )  # fmt: skip
    await recorder.send(
        "reportReceivable", "What an order leaves to be paid", status=201,
        body={"receivable_id": "I-2026-0107", "customer": {"id": customer["id"]}, "order": first["id"],
              "amount": "2920.00", "issued_on": "2026-07-29", "due_on": "2026-08-28"},
    )  # fmt: skip
    await recorder.send(
        "reportPayment", "A part of it is paid", status=201,
        body={"payment_id": "P-881", "receivable": "I-2026-0107", "amount": "2000.00", "paid_at": before(days=9)},
    )  # fmt: skip
    await recorder.send("readOrder", "The order, what came back of it, and its delivery", path=of_the_first, status=200)
    await recorder.send("listOrdersOfACustomer", "Newest first", path=path, status=200)
    return customer["id"], first["id"]


async def serve(recorder: Recorder, customer_id: str) -> None:
    """What a call about tier and points takes: everything read, points spent, the call entered."""
    path = {"customer_id": customer_id}
    await recorder.send("findCustomers", "By a part of the name", query={"q": "Ember"}, status=200)
    await recorder.send("readCustomer", "The file", path=path, status=200)
    await recorder.send(
        "amendCustomer", "The web site is added to the version that was read", path=path, status=200,
        headers={"If-Match": '"1"'}, body={"web_site": "https://ember-and-oak.example"},
    )  # fmt: skip
    await recorder.send("readOverview", "Everything about a customer at a glance", path=path, status=200)
    await recorder.send("showIndicators", "The figures behind the tier", path=path, status=200)
    await recorder.send("showTier", "The tier now", path=path, status=200)
    await recorder.send("showTierHistory", "Every tier since the first order", path=path, status=200)
    await recorder.send("explainTier", "Why it is this tier", path=path, status=200)
    await recorder.send("showPyramid", "Customers and revenue by tier", status=200)
    await recorder.send("showPoints", "The balance", path=path, status=200)
    await recorder.send("listEntries", "What was earned, newest first", path=path, status=200)
    await recorder.send(
        "redeemPoints", "Points are spent", path=path, status=201, headers={"Idempotency-Key": "till-7-4711"},
        body={"points": 500, "reason": "voucher"},
    )  # fmt: skip
    hold = await recorder.send(
        "placeHold", "Points are kept for a purchase", path=path, status=201,
        headers={"Idempotency-Key": "till-7-4712"}, body={"points": 300},
    )  # fmt: skip
    await recorder.send("captureHold", "The purchase is made", path={"hold_id": hold["id"]}, body={}, status=201)
    await recorder.send(
        "enterAnEmployee", "Somebody who talks to customers", status=201,
        body={"employee_id": "e-17", "name": "Robin Vale"},
    )  # fmt: skip
    await recorder.send(
        "logContact", "A call, and what was agreed", path=path, status=201,
        body={"channel": "call", "contacted_at": before(minutes=30), "employee_id": "e-17",
              "summary": "Asked for the autumn teas."},
    )  # fmt: skip
    await recorder.send("readCallPop", "Who is calling", query={"number": "+12065550100"}, status=200)


async def complain(recorder: Recorder, clock: Clock, customer_id: str, order_id: str) -> None:
    """A complaint from filing to follow-up."""
    case = await recorder.send(
        "fileComplaint", "Cups arrived broken", status=201,
        body={"customer": {"id": customer_id}, "channel": "call", "category": "damage", "severity": "high",
              "about": {"sku": "C-220"}, "what_happened": "Two of four cups were broken.", "request": "New cups."},
    )  # fmt: skip
    path = {"complaint_id": case["id"]}
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("acknowledgeComplaint", "Somebody has listened", {}),
        ("judgeComplaint", "The complaint is right", {"valid": True, "reason": "The parcel was badly packed."}),
        ("proposeSettlement", "New cups, and points", {"text": "Two new cups, and points.", "points": 200}),
        ("answerProposal", "The customer agrees", {"accepted": True}),
        ("resolveComplaint", "What was agreed is done", {"note": "Sent today."}),
    ]
    for operation_id, summary, body in steps:
        clock.pass_by(minutes=20)
        await recorder.send(operation_id, summary, path=path, body=body, status=201)
    await recorder.send("readComplaint", "The case and its whole history", path=path, status=200)
    await recorder.send("listComplaints", "Cases of a customer", query={"customer_id": customer_id}, status=200)
    clock.pass_by(hours=24)
    await recorder.send(
        "followUpComplaint", "A day later the customer is asked", path=path, status=201,
        body={"satisfaction": 5, "comment": "All well."},
    )  # fmt: skip


async def test_examples_are_what_the_system_answers(system: System, clock: Clock) -> None:
    recorder = Recorder(system)
    customer_id, order_id = await sell(recorder)
    await serve(recorder, customer_id)
    await complain(recorder, clock, customer_id, order_id)
    if os.environ.get("PATRON_WRITE_EXAMPLES"):
        write(recorder.examples, EXAMPLES)
    committed = {file.stem: json.loads(file.read_text()) for file in EXAMPLES.glob("*.json")}
    assert recorder.examples == committed
    assert len(committed) >= 25


def test_the_contract_shows_every_example() -> None:
    shown = {
        operation["operationId"]
        for item in public()["paths"].values()
        for operation in item.values()
        if any(
            "recorded" in content.get("examples", {})
            for answer in operation["responses"].values()
            for content in answer.get("content", {}).values()
        )
    }
    assert shown == {file.stem for file in EXAMPLES.glob("*.json")}
