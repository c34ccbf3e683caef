"""Who is whose changes: units and deputies, customers who become one, whoever is named in a body of a manager's.

Apart from `test_data_scope`, which counts what these add; a worker runs the tests of a file in any order.
"""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from tests import harness
from tests.journeys.caller import Caller, new_code, now
from tests.security.accounts import Accounts
from tests.security.named_customers import NAMINGS, Naming, is_elsewhere, operations_that_name
from tests.security.partner_reads import answers_to, assert_same
from tests.security.partners import order


async def test_P5_a_unit_and_a_deputy_see_what_their_people_look_after(accounts: Accounts) -> None:
    admin = Caller(accounts.system, accounts.system.as_role("admin"))
    top, below = new_code("U"), new_code("U")
    await admin.post("/v1/units", {"unit": top, "name": "North", "kind": "province"})
    await admin.post("/v1/units", {"unit": below, "name": "Harbour", "kind": "branch", "parent": top})
    colleague, deputy, head_of_unit = new_code("E"), new_code("E"), new_code("E")
    for code, unit in ((colleague, below), (deputy, None), (head_of_unit, top)):
        await admin.post("/v1/employees", {"employee_id": code, "name": code, "unit": unit})
    team = f"/v1/customers/{accounts.foreign.ids['customer_id']}/team"
    await admin.post(team, {"employee_id": colleague, "role": "field_sales"})
    path = f"/v1/employees/{colleague}/absence"
    away = await admin.send("PUT", path, json={"since": now(), "deputy_id": deputy})
    assert away.status_code < 300, away.text
    await admin.settle()
    for service, path in (
        ("profile", "/v1/customers/{customer_id}"),
        ("tiering", "/v1/customers/{customer_id}/tier"),
        ("complaint", "/v1/complaints/{complaint_id}"),
        ("loyalty", "/v1/customers/{customer_id}/points"),
        ("gateway", "/v1/orders/{order_id}"),
    ):
        for code, unit, expected in (
            (colleague, below, 200), (deputy, None, 200), (head_of_unit, top, 200), ("E-own", None, 404),
            ("E-of-another-unit", "U-elsewhere", 404),
        ):  # fmt: skip
            headers = accounts.system.keys.headers(service, "manager", employee_id=code, unit=unit)
            answer = await accounts.system.clients[service].get(accounts.foreign.path(path), headers=headers)
            assert answer.status_code == expected, f"{path} by {code}: {answer.text}"


async def test_P12_who_sees_one_member_of_a_merged_customer_sees_all(accounts: Accounts) -> None:
    admin = Caller(accounts.system, accounts.system.as_role("admin"))
    root, absorbed = [(await admin.place(new_code("shop"), "10.00"))["customer_id"] for _ in range(2)]
    await admin.settle()
    for customer_id, code in ((root, "E-foreign"), (absorbed, "E-own")):
        await admin.post(f"/v1/customers/{customer_id}/team", {"employee_id": code, "role": "account_manager"})
    await admin.settle()
    assert await sees_accounts(accounts, root) == [404] * 4
    merged = await admin.post(f"/v1/customers/{root}/merges", {"absorbed": {"id": absorbed}})
    await admin.settle()
    assert await sees_accounts(accounts, root) == [200] * 4
    listed = await accounts.ask_for("profile", "/v1/customers", "E-own", ids=root)
    assert root in listed.text
    undone = await admin.send("DELETE", f"/v1/customers/{root}/merges/{merged['merge_id']}")
    assert undone.status_code == 204, undone.text
    await admin.settle()
    assert await sees_accounts(accounts, root) == [404] * 4


async def sees_accounts(accounts: Accounts, customer_id: str) -> list[int]:
    """How each service answers the manager of E-own about this customer."""
    answers = [
        await accounts.ask_for(service, f"/v1/customers/{customer_id}{part}", "E-own")
        for service, part in (("profile", ""), ("tiering", "/tier"), ("loyalty", "/points"), ("gateway", "/orders"))
    ]
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("service", harness.SERVICES)
def test_P5_every_operation_that_names_a_customer_is_asked(accounts: Accounts, service: str) -> None:
    tried = {(naming.method, naming.path) for naming in NAMINGS if naming.service == service}
    forgotten = [
        (method, path)
        for method, path in operations_that_name(accounts.system.apps[service].openapi())
        if (method, path) not in tried and not is_elsewhere(service, method, path)
    ]
    assert not forgotten


@pytest.mark.parametrize("naming", NAMINGS, ids=lambda naming: f"{naming.service} {naming.method} {naming.path}")
async def test_P5_whoever_is_named_is_an_account_of_the_manager(accounts: Accounts, naming: Naming) -> None:
    whole = replace(accounts.foreign, ids=accounts.foreign.ids | {"ref": "bakery"})
    named = await accounts.ask_about(naming, whole, "E-own")
    foreign = accounts.foreign.ids["customer_id"]
    if naming.filters and named.status_code == 200:
        assert foreign not in named.text
    else:
        assert (named.status_code, named.json()["code"]) == naming.refusal, named.text
    ids = {"customer_id": str(uuid4()), "partner_id": accounts.foreign.ids["partner_id"]}
    nowhere = await accounts.ask_about(naming, replace(accounts.foreign, ids=ids), "E-own")
    assert (nowhere.status_code, nowhere.json().get("code")) == (named.status_code, named.json().get("code"))
    valid = await accounts.ask_about(naming, whole, "E-foreign", path_of=accounts.foreign)
    assert valid.status_code != 404, valid.text
    assert valid.json().get("code") != "validation_failed", valid.text


async def test_P12_a_merge_and_its_undoing_change_nothing_that_a_partner_reads(accounts: Accounts) -> None:
    admin, both = Caller(accounts.system, accounts.system.as_role("admin")), (accounts.own, accounts.foreign)
    for amount, partner in zip(("3000.00", "70.00"), both, strict=True):
        body = order(partner.ids)
        body["lines"][0]["amount"] = amount
        await admin.post("/v1/orders", body, status=202)
    await admin.settle()
    before = [await answers_to(accounts.system, partner) for partner in both]
    path = f"/v1/customers/{both[0].ids['customer_id']}/merges"
    merge = await admin.post(path, {"absorbed": {"id": both[1].ids["customer_id"]}})
    await admin.settle()
    merged = [await answers_to(accounts.system, partner) for partner in both]
    undone = await admin.send("DELETE", f"{path}/{merge['merge_id']}")
    assert undone.status_code == 204, undone.text
    await admin.settle()
    after = [await answers_to(accounts.system, partner) for partner in both]
    for index, (own, other) in enumerate((both, both[::-1])):
        for phase in (merged, after):
            assert_same(before[index], phase[index])
            shown = json.dumps(phase[index])
            assert [name for name in other.ids if other.ids[name] in shown and name != "number"] == []
            assert own.ids["customer_id"] in shown
