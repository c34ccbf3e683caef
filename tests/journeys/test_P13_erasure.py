"""P13: a customer is erased everywhere, with a receipt from each service; the books still add up; who comes again with
the same reference is somebody new."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from deploy.embedded.erasures import ErasedCustomer, erase_again
from shared.erasure.erasing import SWEEP_KIND
from shared.jobs import request_job_once
from shared.messaging import new_id
from tests.journeys.caller import SETTLED_WITHIN_SECONDS, Caller, ago, new_code, now
from tests.journeys.conftest import SignIn

WORDS = "Ms Li of the third floor, who plays the violin"


@pytest.fixture
async def head(sign_in: SignIn) -> Caller:
    return await sign_in("head")


async def until_done(caller: Caller, path: str, status: str = "done") -> dict[str, Any]:
    """Poll until a run has come to its end."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLED_WITHIN_SECONDS
    while True:
        run: dict[str, Any] = await caller.get(path)
        if run["status"] == status:
            return run
        assert loop.time() < until, run
        await asyncio.sleep(0.05)


async def erase(caller: Caller, customer: str) -> dict[str, Any]:
    answer = await caller.send("DELETE", f"/v1/customers/{customer}", params={"reason": "asked_by_person"})
    assert answer.status_code == 202, answer.text
    erasure = await until_done(caller, f"/v1/erasures/{answer.json()['id']}")
    await caller.settle()
    return erasure


async def a_customer(caller: Caller, ref: str) -> str:
    """Somebody with a file, an order, money owed, points, a talk and a closed case."""
    order = await caller.place(ref, "500.00", at=ago(days=2))
    customer = str(order["customer_id"])
    await caller.settle()
    etag = (await caller.send("GET", f"/v1/customers/{customer}")).headers["etag"]
    answer = await caller.send(
        "PATCH",
        f"/v1/customers/{customer}",
        headers={"If-Match": etag},
        json={"kind": "person", "names": [{"name": WORDS}], "phones": [{"number": "+8613912345678"}]},
    )
    assert answer.status_code == 200, answer.text
    await caller.post(
        "/v1/receivables",
        {
            "receivable_id": new_code("R"),
            "customer": {"ref": ref},
            "amount": "20.00",
            "issued_on": "2026-01-02",
            "due_on": "2026-02-02",
        },
    )
    case = await caller.post(
        "/v1/complaints",
        {
            "customer": {"id": customer},
            "channel": "call",
            "category": "delivery",
            "what_happened": WORDS,
            "contact": {"name": WORDS, "phone": "+8613912345678"},
        },
    )
    steps: list[tuple[str, dict[str, Any]]] = [
        ("acknowledgement", {"note": WORDS}),
        ("judgement", {"valid": True, "reason": WORDS}),
        ("proposals", {"text": WORDS, "points": 5}),
        ("acceptance", {"accepted": True, "reason": WORDS}),
        ("resolution", {"note": WORDS}),
        ("follow-up", {"satisfaction": 5, "comment": WORDS}),
    ]
    for step, body in steps:
        await caller.post(f"/v1/complaints/{case['id']}/{step}", body)
    await caller.post(f"/v1/customers/{customer}/points/redemptions", {"points": 7, "reference": "+8613912345678"})
    await caller.settle()
    return customer


async def test_P13_an_erased_customer_is_gone_everywhere_and_the_same_reference_is_somebody_new(
    admin: Caller, head: Caller
) -> None:
    ref = new_code("8613912345678")
    customer = await a_customer(admin, ref)
    erasure = await erase(head, customer)
    assert {receipt["service"] for receipt in erasure["receipts"]} == {
        *("gateway", "profile", "tiering", "complaint", "loyalty")
    }
    assert not erasure["owed_by"]
    stores = {receipt["service"]: set(receipt["stores"]) for receipt in erasure["receipts"]}
    assert {"customer_reference", "customer_order", "known_customer"} <= stores["gateway"]
    assert {"customer", "customer_name", "customer_phone"} <= stores["profile"]
    assert {"case_story", "case_step"} <= stores["complaint"]
    assert {"entry"} <= stores["loyalty"]
    for path in ("", "/overview", "/tier", "/points", "/team"):
        await admin.get(f"/v1/customers/{customer}{path}", expect=404)
    assert all(item["id"] != customer for item in (await admin.get("/v1/customers", limit=200))["items"])
    again = await admin.place(ref, "10.00")
    assert again["customer_id"] != customer
    await admin.settle()
    assert "names" not in await admin.get(f"/v1/customers/{again['customer_id']}")


async def test_P13_open_cases_stand_in_the_way(admin: Caller, head: Caller) -> None:
    order = await admin.place(new_code("C"), "5.00")
    await admin.settle()
    body = {"customer": {"id": order["customer_id"]}, "channel": "call", "category": "x", "what_happened": "late"}
    await admin.post("/v1/complaints", body)
    await admin.settle()
    answer = await head.send("DELETE", f"/v1/customers/{order['customer_id']}", params={"reason": "asked"})
    assert (answer.status_code, answer.json()["code"]) == (409, "open_cases")
    assert (await admin.get(f"/v1/customers/{order['customer_id']}"))["id"] == order["customer_id"]


async def test_P13_only_who_answers_for_privacy_may_erase_or_export(sign_in: SignIn, admin: Caller) -> None:
    order = await admin.place(new_code("C"), "5.00")
    await admin.settle()
    for role in ("agent", "manager", "analyst", "auditor"):
        caller = await sign_in(role)
        answer = await caller.send("DELETE", f"/v1/customers/{order['customer_id']}", params={"reason": "asked"})
        assert answer.status_code == 403
        await caller.post(f"/v1/customers/{order['customer_id']}/export", status=403)


async def test_P13_a_persons_export_tells_what_all_services_hold_once_to_who_asked(admin: Caller, head: Caller) -> None:
    ref = new_code("C")
    customer = await a_customer(admin, ref)
    export = await head.post(f"/v1/customers/{customer}/export", status=202)
    path = f"/v1/customers/{customer}/export/{export['id']}"
    await until_done(head, path)
    await admin.get(path, expect=404)
    await admin.get(f"{path}/content", expect=404)
    held = (await head.get(f"{path}/content"))["customers"][customer]
    assert [row["ref"] for row in held["gateway"]["customer_reference"]] == [ref]
    assert held["profile"]["customer"][0]["facts"]["names"] == [{"name": WORDS}]
    assert held["complaint"]["case_story"][0]["what_happened"] == WORDS
    assert held["loyalty"]["entry"]
    assert held["tiering"]["order_fact"]
    await head.get(f"{path}/content", expect=404)
    await erase(head, customer)
    await head.get(path, expect=404)


async def test_P13_persons_who_are_no_customers_are_erased_on_their_own(admin: Caller, head: Caller) -> None:
    ref = new_code("C")
    customer = await a_customer(admin, ref)
    call = {"call_id": new_code("call"), "number": "+8613800001111", "state": "ringing", "at": now()}
    await admin.post("/v1/call-events", call)
    case = await admin.post(
        "/v1/complaints",
        {
            "customer": {"id": customer}, "channel": "call", "category": "x", "what_happened": "It came late.",
            "contact": {"name": "Mr Wu", "phone": "138 0000 1111"},
        },
    )  # fmt: skip
    await admin.settle()
    persons: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": "caller", "number": "+8613800001111"}, "profile", "call"),
        ({"kind": "case_contact", "case_id": case["id"]}, "complaint", "case_story"),
    ]
    erased = []
    for person, _, _ in persons:
        erasure = await head.post("/v1/erasures", {"person": person, "reason": "asked"}, status=202)
        erased.append(await until_done(head, f"/v1/erasures/{erasure['id']}"))
    stores = {(r["service"], store) for e in erased for r in e["receipts"] for store in r["stores"]}
    assert stores >= {("profile", "call"), ("complaint", "case_story")}
    contact = (await admin.get(f"/v1/complaints/{case['id']}"))["contact"]
    assert contact == {"name": None, "phone": None, "email": None}
    assert (await admin.get(f"/v1/customers/{customer}"))["names"] == [{"name": WORDS}]
    problem = await head.post(
        "/v1/erasures", {"person": {"kind": "caller", "name": "x"}, "reason": "asked"}, status=422
    )
    assert problem["code"] == "person_not_identified"


async def test_P13_what_a_restore_brings_back_is_erased_again(admin: Caller, head: Caller) -> None:
    """As after `patron restore`: the five databases know the customer, and were told that it had been erased."""
    customer = await a_customer(admin, new_code("C"))
    erased = ErasedCustomer(UUID(customer), new_id(), datetime.now(UTC))
    for database in admin.system.databases.values():
        await erase_again(database.url.replace("+asyncpg", ""), [erased])
    path = f"/v1/erasures/{erased.erasure_id}"
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLED_WITHIN_SECONDS
    while (await admin.send("GET", path)).status_code == 404:  # it is learned of from the first receipt
        assert loop.time() < until
        await asyncio.sleep(0.1)
    erasure = await until_done(head, path)
    assert (erasure["reason"], len(erasure["receipts"])) == ("restored", 5)
    await admin.get(f"/v1/customers/{customer}", expect=404)


async def test_P13_what_is_written_of_an_erased_customer_later_is_erased_by_the_next_sweep(
    admin: Caller, head: Caller
) -> None:
    customer = await a_customer(admin, new_code("C"))
    await erase(head, customer)
    tiering = admin.system.databases["tiering"]
    await tiering.run(
        lambda tx: tx.raw.execute(
            """insert into spot_check (entry_id, check_id, customer_id, about, finding, checked_at, note, recorded_by,
                                       recorded_at)
               values (gen_random_uuid(), gen_random_uuid(), $1, 'file', 'wrong', now(), $2, 'x', now())""",
            UUID(customer), WORDS,
        )
    )  # fmt: skip
    await tiering.run(lambda tx: request_job_once(tx, SWEEP_KIND, "at once", by="test"))
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLED_WITHIN_SECONDS
    left = "select note from spot_check where customer_id = $1 and note is not null"
    while await tiering.run(lambda tx: tx.raw.fetchval(left, UUID(customer))) is not None:
        assert loop.time() < until
        await asyncio.sleep(0.05)
