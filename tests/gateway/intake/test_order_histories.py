"""Any mix of reports, in any grouping, gives what a slow and obvious bookkeeper would have written."""

import asyncio
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.events import CustomerReferenceRegistered, OrderCancelled, OrderPlaced, OrderReturned
from shared.messaging import Database
from tests import harness
from tests.gateway.bodies import PLACED, ago, an_order, registered_refs

SERVICE = "gateway"

AT = ago(hours=2)

ORDERS = st.fixed_dictionaries(
    {
        "what": st.just("order"),
        "ref": st.sampled_from("abc"),
        "customer": st.sampled_from("xy"),
        "source": st.sampled_from(["patron", "demo"]),
        "amount": st.sampled_from(["10.00", "0.05", "7.77"]),
        "quantity": st.sampled_from([1, 3]),
    }
)
RETURNS = st.fixed_dictionaries(
    {
        "what": st.just("return"),
        "of": st.tuples(st.sampled_from(["patron", "demo"]), st.sampled_from("abc")),
        "ref": st.sampled_from("rst"),
        "quantity": st.integers(1, 4),
    }
)
CANCELLATIONS = st.fixed_dictionaries(
    {"what": st.just("cancellation"), "of": st.tuples(st.sampled_from(["patron", "demo"]), st.sampled_from("abc"))}
)
# groups: the orders of one are sent at once, and what follows orders after them
HISTORIES = st.lists(st.lists(st.one_of(ORDERS, ORDERS, RETURNS, CANCELLATIONS), min_size=1, max_size=8), max_size=4)


@dataclass
class Bookkeeper:
    """The oracle: dictionaries, one report after the other, no groups, no SQL."""

    orders: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    taken: dict[tuple[str, str], list[tuple[str, int]]] = field(default_factory=dict)
    returns: dict[tuple[str, str], tuple[Any, int]] = field(default_factory=dict)
    cancelled: set[tuple[str, str]] = field(default_factory=set)

    def order(self, report: dict[str, Any]) -> int:
        earlier = self.orders.setdefault((report["source"], report["ref"]), report)
        return 202 if earlier == report else 409

    def give_back(self, report: dict[str, Any]) -> int:
        of, ref, quantity = report["of"], report["ref"], report["quantity"]
        if of not in self.orders:
            return 404
        key = (of[0], ref)
        if key in self.returns:
            return 201 if self.returns[key] == (of, quantity) else 409
        if of in self.cancelled:
            return 409
        if self.left(of) < quantity:
            return 422
        self.returns[key] = (of, quantity)
        self.taken.setdefault(of, []).append(("return", quantity))
        return 201

    def cancel(self, report: dict[str, Any]) -> int:
        of = report["of"]
        if of not in self.orders:
            return 404
        if of in self.cancelled:
            return 201
        if not self.left(of):
            return 409
        self.taken.setdefault(of, []).append(("cancellation", self.left(of)))
        self.cancelled.add(of)
        return 201

    def left(self, of: tuple[str, str]) -> int:
        return int(self.orders[of]["quantity"]) - sum(quantity for _, quantity in self.taken.get(of, []))

    def amounts(self, of: tuple[str, str]) -> list[Decimal]:
        """Each piece: the rounded share so far less the rounded share before."""
        order, so_far, before, pieces = self.orders[of], 0, Decimal(0), []
        for _, quantity in self.taken.get(of, []):
            so_far += quantity
            share = Decimal(order["amount"]) * so_far / order["quantity"]
            after = share.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
            pieces.append(after - before)
            before = after
        return pieces


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(history=HISTORIES)
async def test_any_history_gives_what_the_bookkeeper_would_write(
    history: list[list[dict[str, Any]]], databases: harness.Databases, keys: harness.Keys
) -> None:
    database = Database(await databases.prepare("gateway", harness.migrations_of("gateway")))
    try:
        app = harness.app_of("gateway", database, keys)
        async with harness.client_of(app, harness.AsAdmin(keys, "gateway")) as client:
            await compare(client, database, history)
    finally:
        await database.close()


async def compare(client: httpx.AsyncClient, database: Database, history: list[list[dict[str, Any]]]) -> None:
    book = Bookkeeper()
    ids: dict[tuple[str, str], str] = {}
    for group in history:
        orders = [report for report in group if report["what"] == "order"]
        answers = await asyncio.gather(*[client.post("/v1/orders", json=as_sent(report)) for report in orders])
        for report, answer in zip(orders, answers, strict=True):
            assert answer.status_code == book.order(report), (report, answer.text)
            if answer.status_code == 202:
                assert ids.setdefault((report["source"], report["ref"]), answer.json()["id"]) == answer.json()["id"]
        for report in group:
            if report["what"] != "order":
                await follow(client, book, ids, report)
    events = await harness.announced(database)
    placed = [event for event in events if isinstance(event, OrderPlaced)]
    assert sorted((event.source, str(event.amount)) for event in placed) == sorted(
        (order["source"], order["amount"]) for order in book.orders.values()
    )
    references = {(order["source"], order["customer"]) for order in book.orders.values()}
    registered = [event for event in events if isinstance(event, CustomerReferenceRegistered)]
    refs = await registered_refs(database, registered)
    assert {(event.source, ref) for event, ref in zip(registered, refs, strict=True)} == references
    back = [event for event in events if isinstance(event, (OrderReturned, OrderCancelled))]
    for of, order_id in ids.items():
        assert [event.amount for event in back if str(event.order_id) == order_id] == book.amounts(of)


async def follow(
    client: httpx.AsyncClient, book: Bookkeeper, ids: dict[tuple[str, str], str], report: dict[str, Any]
) -> None:
    order_id = ids.get(report["of"], "01890000-0000-7000-8000-000000000000")
    if report["what"] == "return":
        body = {"return_id": report["ref"], "returned_at": AT, "lines": [{"line": 1, "quantity": report["quantity"]}]}
        answer = await client.post(f"/v1/orders/{order_id}/returns", json=body)
        expected = book.give_back(report)
    else:
        answer = await client.post(f"/v1/orders/{order_id}/cancellation", json={"cancelled_at": AT})
        expected = book.cancel(report)
    assert answer.status_code == expected, (report, answer.text)


def as_sent(report: dict[str, Any]) -> dict[str, Any]:
    line = {"line": 1, "sku": "s", "category": "c", "quantity": report["quantity"], "amount": report["amount"]}
    customer = {"source": report["source"], "ref": report["customer"]}
    return an_order(report["ref"], line, customer=customer, placed_at=PLACED)
