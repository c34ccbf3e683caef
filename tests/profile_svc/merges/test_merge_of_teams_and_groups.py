"""P12, P2, P5: where there is one of a kind, the root's counts while two are one; undoing gives back the others'."""

import httpx
import pytest

from tests.profile_svc.merging import merged, opened, read, undone

SERVICE = "profile"


async def team(client: httpx.AsyncClient, customer: str) -> list[tuple[str, str]]:
    members = (await read(client, f"{customer}/team"))["members"]
    return sorted((member["role"], member["employee"]["employee_id"]) for member in members)


async def assign(client: httpx.AsyncClient, customer: str, employee: str, role: str = "account_manager") -> str:
    body = {"employee_id": employee, "role": role}
    answer = await client.post(f"/v1/customers/{customer}/team", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def put_below(client: httpx.AsyncClient, child: str, parent: str) -> httpx.Response:
    return await client.put(f"/v1/customers/{child}/parent", json={"parent_id": parent})


async def group(client: httpx.AsyncClient, customer: str) -> list[str]:
    return [member["name"] for member in (await read(client, f"{customer}/group"))["members"]]


@pytest.fixture
async def two(client: httpx.AsyncClient) -> tuple[str, str]:
    for employee in ("ann", "bob", "cid"):
        answer = await client.post("/v1/employees", json={"employee_id": employee, "name": employee.title()})
        assert answer.status_code < 300, answer.text
    return await opened(client, "Root"), await opened(client, "Other")


async def test_P5_one_account_manager_counts_and_everybody_else_stays(client, two):
    root, other = two
    await assign(client, root, "ann")
    await assign(client, other, "bob")
    await assign(client, other, "cid", "inside_sales")
    await assign(client, root, "cid", "inside_sales")
    preview = await read(client, f"{root}/merges/preview", absorbed=other)
    assert preview["account_manager"] == {"root": "ann", "absorbed": "bob", "stays": "ann"}
    merge = await merged(client, root, other)
    assert (
        await team(client, root) == await team(client, other) == [("account_manager", "ann"), ("inside_sales", "cid")]
    )
    await undone(client, root, merge)
    assert await team(client, root) == [("account_manager", "ann"), ("inside_sales", "cid")]
    assert await team(client, other) == [("account_manager", "bob"), ("inside_sales", "cid")]
    await merged(client, root, other, account_manager="absorbed")
    assert ("account_manager", "bob") in await team(client, root)


async def test_P5_a_new_account_manager_of_a_merged_customer_is_the_roots(client, two):
    root, other = two
    of_other = await assign(client, other, "bob")
    merge = await merged(client, root, other, account_manager="absorbed")
    assert await team(client, root) == [("account_manager", "bob")]
    await assign(client, other, "ann")
    assert await team(client, other) == [("account_manager", "ann")]
    assert (await client.delete(f"/v1/customers/{root}/team/{of_other}")).status_code == 204
    assert await team(client, other) == [("account_manager", "ann")]
    await undone(client, root, merge)
    assert (await team(client, root), await team(client, other)) == ([("account_manager", "ann")], [])


async def test_P5_an_employee_has_a_merged_customer_once(client, two):
    root, other = two
    await assign(client, root, "ann")
    await assign(client, other, "ann")
    await assign(client, other, "cid", "inside_sales")
    merge = await merged(client, root, other)
    for employee in ("ann", "cid"):
        accounts = (await client.get(f"/v1/employees/{employee}/accounts")).json()["items"]
        assert [(account["customer_id"], account["customer_name"]) for account in accounts] == [(root, "Root")]
    await undone(client, root, merge)
    accounts = (await client.get("/v1/employees/ann/accounts")).json()["items"]
    assert [account["customer_id"] for account in accounts] == [root, other]


async def test_P2_the_place_of_the_root_counts_and_the_group_shows_it_once(client, two):
    root, other = two
    north, south, shop = [await opened(client, name) for name in ("North", "South", "Shop")]
    await put_below(client, root, north)
    await put_below(client, other, south)
    await put_below(client, shop, other)
    preview = await read(client, f"{root}/merges/preview", absorbed=other)
    assert preview["group_parent"] == {"root": north, "absorbed": south, "stays": north}
    merge = await merged(client, root, other)
    assert (await read(client, f"{other}/parent"))["parent_id"] == north
    assert await group(client, north) == ["North", "Root", "Shop"]
    assert await group(client, south) == ["South"]
    assert (await read(client, f"{shop}/parent"))["parent_id"] == root
    assert await group(client, other) == ["Root", "Shop"]
    await undone(client, root, merge)
    assert (await group(client, north), await group(client, south)) == (["North", "Root"], ["South", "Other", "Shop"])


async def test_P2_who_has_no_place_takes_the_others(client, two):
    root, other = two
    north = await opened(client, "North")
    await put_below(client, other, north)
    await merged(client, root, other)
    assert (await read(client, f"{root}/parent"))["parent_id"] == north
    assert await group(client, north) == ["North", "Root"]
    assert (await client.delete(f"/v1/customers/{root}/parent")).status_code == 204
    assert await group(client, north) == ["North"]


async def test_P2_a_parent_takes_in_its_child(client, two):
    root, other = two
    await put_below(client, other, root)
    merge = await merged(client, root, other)
    assert (await read(client, f"{root}/parent"))["parent_id"] is None
    assert await group(client, other) == ["Root"]
    assert (await put_below(client, root, other)).json()["code"] == "own_parent"
    await undone(client, root, merge)
    assert await group(client, root) == ["Root", "Other"]


@pytest.mark.parametrize("upside_down", [False, True])
async def test_P2_a_merge_that_makes_a_circle_is_refused(client, two, upside_down):
    top, bottom = two
    middle = await opened(client, "Middle")
    await put_below(client, middle, top)
    await put_below(client, bottom, middle)
    root, absorbed = (bottom, top) if upside_down else (top, bottom)
    body = {"absorbed": {"id": absorbed}}
    answer = await client.post(f"/v1/customers/{root}/merges", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "would_be_a_circle")
    preview = await read(client, f"{root}/merges/preview", absorbed=absorbed)
    assert preview["refusal"]["code"] == "would_be_a_circle"
    assert await group(client, top) == ["Root", "Middle", "Other"]


async def test_P2_no_undoing_brings_a_circle_back(client, two):
    """While they are one, the place of the absorbed one counts for nobody, but it is there."""
    root, other = two
    north, shop, house = [await opened(client, name) for name in ("North", "Shop", "House")]
    await put_below(client, other, north)
    await put_below(client, shop, other)
    await put_below(client, root, house)
    await merged(client, root, other)
    answer = await put_below(client, north, shop)
    assert (answer.status_code, answer.json()["code"]) == (409, "would_be_a_circle")


async def test_P6_the_contact_log_is_that_of_all_members(client, two):
    root, other = two
    body = {"contacted_at": "2026-11-20T10:00:00Z", "channel": "call", "employee_id": "ann", "summary": "Spoke."}
    entry = await client.post(f"/v1/customers/{other}/contact-log", json=body)
    assert entry.status_code == 201, entry.text
    merge = await merged(client, root, other)
    [shown] = (await read(client, f"{root}/contact-log"))["items"]
    assert shown["id"] == entry.json()["id"]
    assert (await read(client, f"{root}/contact-log/{shown['id']}"))["summary"] == "Spoke."
    await undone(client, root, merge)
    assert (await read(client, f"{root}/contact-log"))["items"] == []
