"""Copies that were altered, emptied or invented are made anew from the owners' logs while the system runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.messaging import Transaction
from tests.journeys.caller import Caller, new_code, now
from tests.journeys.test_money_owed import a_payment, owe
from tests.system import System

# of each copy its tables, without what says when it was written
COPIES: Mapping[tuple[str, str], Sequence[str]] = {
    ("profile", "overview"): ("overview", "case_copy", "receivable_copy"),
    ("complaint", "customers"): ("tier_copy",),
    ("complaint", "teams"): ("account_team",),
    ("loyalty", "sources"): ("customer_source",),
    ("loyalty", "tiers"): ("tier_copy",),
    ("tiering", "customers"): ("customer_file",),
    ("tiering", "sources"): ("customer_source",),
    ("tiering", "teams"): ("account_team",),
    ("tiering", "employees"): ("employee_copy", "employee_centre", "employee_absence"),
    ("tiering", "money"): ("receivable_fact", "payment_fact"),
    ("tiering", "external_facts"): ("contact_fact", "case_fact", "case_change", "customer_traits", "group_parent"),
    ("gateway", "customers"): ("known_customer",),
}


async def rows_of(system: System, service: str, table: str) -> list[str]:
    async def read(tx: Transaction) -> list[str]:
        rows = await tx.raw.fetch(f"select (to_jsonb(t) - 'updated_at' - 'known_at')::text as row from {table} t")
        return sorted(row["row"] for row in rows)

    return await system.databases[service].run(read)


async def alter(system: System, service: str, *statements: str) -> None:
    async def work(tx: Transaction) -> None:
        for statement in statements:
            await tx.raw.execute(statement)

    await system.databases[service].run(work)


async def rebuild(system: System, service: str, path: str, **query: str) -> dict[str, Any]:
    """All pages, a small one at a time; what came of all of them together."""
    whole: dict[str, Any] = {"rebuilt": 0, "left": {}}
    after: str | None = ""
    while after is not None:
        page_of: dict[str, str | int] = {"after": after, "limit": 2, **query}
        answer = await system.clients[service].post(
            f"/internal/{path}/rebuild",
            params=page_of,
            headers=system.keys.internal(service),
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        whole["rebuilt"] += page["rebuilt"]
        whole["left"] |= page["left"]
        after = page["next_after"]
    return whole


@pytest.fixture
async def a_busy_year(system: System, admin: Caller) -> None:
    """Something of everything that is copied anywhere; once for all that come."""
    if await rows_of(system, "tiering", "account_team"):
        return
    for amount in ("100.00", "900.00", "7000.00"):
        ref = new_code("B")
        order = await admin.place(ref, amount)
        await admin.place(ref, "10.00", "20.00")
        await admin.take_back(order)
    customer = order["customer_id"]
    await admin.post("/v1/payments", a_payment(await owe(admin, ref, "600.00", due=-30), "100.00"))
    await owe(admin, ref, "40.00", due=30)
    await admin.settle()
    employee = new_code("E")
    await admin.post("/v1/employees", {"employee_id": employee, "name": "Somebody"})
    assert (await admin.send("PUT", f"/v1/employees/{employee}/centre", json={"centre": "north"})).status_code < 300
    await admin.post(f"/v1/customers/{customer}/team", {"employee_id": employee, "role": "account_manager"})
    contact = {"contacted_at": now(), "channel": "call", "employee_id": employee, "summary": "They want more."}
    await admin.post(f"/v1/customers/{customer}/contact-log", contact)
    filed = {"channel": "call", "category": "delivery", "what_happened": "Late."}
    await admin.post("/v1/complaints", filed | {"customer": {"id": customer}})
    unidentified = await admin.post("/v1/complaints", filed)
    await admin.post(f"/v1/complaints/{unidentified['id']}/identification", {"customer_id": customer})
    await admin.settle()


@pytest.mark.parametrize("copy", COPIES, ids="-".join)
async def test_a_copy_is_made_anew_as_it_was(
    system: System, admin: Caller, a_busy_year: None, copy: tuple[str, str]
) -> None:
    service, name = copy
    before = {table: await rows_of(system, service, table) for table in COPIES[copy]}
    assert any(before.values())
    await alter(system, service, *(f"delete from {table}" for table in COPIES[copy]))
    if service == "profile":  # not lost but wrong, which nobody would notice by counting
        await admin.settle()
        await rebuild(system, service, f"copies/{name}")
        await alter(system, service, "update overview set orders_count = 7, last_order_at = now()")

    outcome = await rebuild(system, service, f"copies/{name}")

    assert outcome["left"] == {}
    assert outcome["rebuilt"] > 0
    assert {table: await rows_of(system, service, table) for table in COPIES[copy]} == before


@pytest.mark.parametrize(("service", "name"), [("profile", "overview"), ("tiering", "external_facts")])
async def test_C1_a_case_that_was_anothers_keeps_what_came_under_the_others_key(
    system: System, admin: Caller, service: str, name: str
) -> None:
    """It was filed under the key of whom it was taken for, and by two steps became a third's: each of them is made anew
    alone, in any order of their keys."""
    filed = {"channel": "call", "category": "delivery", "what_happened": "Late."}
    customers = [(await admin.place(new_code("B"), "10.00"))["customer_id"] for _ in range(3)]
    await admin.settle()
    for holders in (customers, customers[::-1]):
        case = await admin.post("/v1/complaints", filed | {"customer": {"id": holders[0]}})
        await admin.post(f"/v1/complaints/{case['id']}/acknowledgement", {})
        for holder in holders[1:]:
            await admin.post(f"/v1/complaints/{case['id']}/identification", {"customer_id": holder})
    await admin.settle()
    before = {table: await rows_of(system, service, table) for table in COPIES[service, name]}

    outcome = await rebuild(system, service, f"copies/{name}")

    assert outcome["left"] == {}
    assert {table: await rows_of(system, service, table) for table in COPIES[service, name]} == before


@pytest.mark.parametrize("service", ["profile", "tiering", "complaint", "loyalty", "gateway"])
async def test_damaged_positions_are_set_back_and_nothing_is_counted_twice(
    system: System, a_busy_year: None, service: str
) -> None:
    """Every position of a service points to an event that is not the owner's; verify holds afterwards."""
    await alter(
        system, service,
        "update stream_seen set last_event_id = gen_random_uuid() where last_seq > 1",
        "update stream_seen set last_seq = last_seq + 5 where last_seq = 1",
    )  # fmt: skip
    topics = sorted(system.service(service).subscriptions.topics)

    outcomes = [await rebuild(system, service, f"positions/{topic}") for topic in topics]

    assert sum(outcome["rebuilt"] for outcome in outcomes) > 0
    assert [outcome["left"] for outcome in outcomes] == [{}] * len(topics)


@pytest.mark.parametrize("service", ["profile", "tiering", "complaint", "loyalty", "gateway"])
async def test_every_stream_can_be_taken_again(system: System, a_busy_year: None, service: str) -> None:
    for topic in sorted(system.service(service).subscriptions.topics):
        outcome = await rebuild(system, service, f"positions/{topic}", every="true")
        assert outcome["left"] == {}


async def test_what_comes_while_an_overview_is_made_anew_is_counted_once(system: System, admin: Caller) -> None:
    ref = new_code("B")
    customer = (await admin.place(ref, "10.00"))["customer_id"]
    await admin.settle()
    for _ in range(5):
        await admin.place(ref, "10.00")
        await rebuild(system, "profile", "copies/overview")
    await admin.settle()
    assert (await admin.overview(customer))["orders"]["count"] == 6
