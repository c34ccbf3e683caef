"""P5 over HTTP: the operator's tree of units."""

import asyncio

import pytest

from services.profile_svc.units.domain import Unit, check_place
from shared.errors import DomainError
from shared.events import UnitChanged

SERVICE = "profile"


@pytest.fixture
async def tree(client) -> None:
    for unit, kind, parent in (
        ("group", "group", None),
        ("hubei", "province", "group"),
        ("wuhan", "city", "hubei"),
        ("wuchang", "branch", "wuhan"),
        ("hunan", "province", "group"),
    ):
        body = {"unit": unit, "name": unit.title(), "kind": kind, "parent": parent}
        entered = await client.post("/v1/units", json=body)
        assert (entered.status_code, entered.headers["location"]) == (201, f"/v1/units/{unit}")


async def amend(client, unit: str, body: dict) -> tuple[int, dict]:
    etag = (await client.get(f"/v1/units/{unit}")).headers["etag"]
    answer = await client.patch(f"/v1/units/{unit}", json=body, headers={"If-Match": etag})
    return answer.status_code, answer.json()


def codes(tree: dict) -> dict:
    return {below["unit"]: codes(below) for below in tree["units"]}


async def test_P5_units_form_a_tree_that_is_read_from_the_top_down(client, tree):
    shown = (await client.get("/v1/units/group/tree")).json()
    assert codes(shown) == {"hubei": {"wuhan": {"wuchang": {}}}, "hunan": {}}
    assert (shown["name"], shown["kind"], shown["parent"]) == ("Group", "group", None)
    first = (await client.get("/v1/units", params={"limit": 3})).json()
    assert [unit["unit"] for unit in first["items"]] == ["group", "hubei", "hunan"]
    rest = (await client.get("/v1/units", params={"cursor": first["next"]})).json()
    assert [unit["unit"] for unit in rest["items"]] == ["wuchang", "wuhan"]
    for path in ("/v1/units/nowhere", "/v1/units/nowhere/tree"):
        assert (await client.get(path)).json()["code"] == "unit_not_found"


@pytest.mark.parametrize("parent", ["hubei", "wuhan", "wuchang"])
async def test_P5_a_unit_below_itself_is_refused(client, tree, announced, parent):
    before = len(await announced())
    status, problem = await amend(client, "hubei", {"parent": parent})
    assert (status, problem["code"]) == (409, "unit_below_itself")
    alone = {"unit": "alone", "name": "Alone", "kind": "city", "parent": "alone"}
    assert (await client.post("/v1/units", json=alone)).json()["code"] == "unit_below_itself"
    assert codes((await client.get("/v1/units/group/tree")).json()) == {
        "hubei": {"wuhan": {"wuchang": {}}},
        "hunan": {},
    }
    assert len(await announced()) == before, "nothing changed"


async def test_P5_two_moves_at_once_that_are_each_right_make_no_circle(client, tree):
    results = await asyncio.gather(
        amend(client, "hubei", {"parent": "hunan"}), amend(client, "hunan", {"parent": "hubei"})
    )
    assert sorted(status for status, _ in results) == [200, 409]


async def test_P5_a_unit_moves_with_all_below_it_and_says_so_without_its_name(client, tree, announced):
    before = len(await announced())
    status, moved = await amend(client, "wuhan", {"parent": "hunan", "name": "Wuhan Rivers"})
    assert (status, moved["parent"], moved["name"]) == (200, "hunan", "Wuhan Rivers")
    assert codes((await client.get("/v1/units/hunan/tree")).json()) == {"wuhan": {"wuchang": {}}}
    changes = (await announced())[before:]
    assert [(event.unit, event.parent, event.closed) for event in changes] == [("wuhan", "hunan", False)]
    assert all("Rivers" not in event.model_dump_json() for event in await announced() if isinstance(event, UnitChanged))
    assert (await amend(client, "wuhan", {"name": "Wuhan"}))[0] == 200
    assert len(await announced()) == before + 1, "a name is nobody else's"


async def test_P5_a_unit_is_changed_by_who_saw_its_last_version(client, tree):
    url = "/v1/units/wuhan"
    assert (await client.patch(url, json={"name": "X"})).status_code == 428
    stale = (await client.get(url)).headers["etag"]
    assert (await amend(client, "wuhan", {"name": "Newer"}))[0] == 200
    late = await client.patch(url, json={"name": "Older"}, headers={"If-Match": stale})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert (await client.get(url)).json()["name"] == "Newer"


async def test_P5_a_closed_unit_has_no_open_one_below_it_and_takes_nobody(client, tree):
    assert (await amend(client, "wuhan", {"closed": True}))[1]["code"] == "unit_has_open_units"
    assert (await amend(client, "wuchang", {"closed": True}))[1]["closed_at"] is not None
    below = {"unit": "new", "name": "New", "kind": "branch", "parent": "wuchang"}
    assert (await client.post("/v1/units", json=below)).json()["code"] == "unit_closed"
    someone = {"employee_id": "E-1", "name": "Somebody", "unit": "wuchang"}
    refused = await client.post("/v1/employees", json=someone)
    assert (refused.status_code, refused.json()["code"]) == (409, "unit_closed")
    assert (await amend(client, "wuchang", {"closed": False}))[1]["closed_at"] is None
    assert (await client.post("/v1/employees", json=someone)).status_code == 201


async def test_P5_a_unit_is_entered_once(client, tree):
    body = {"unit": "hunan", "name": "Hunan", "kind": "province", "parent": "group"}
    assert (await client.post("/v1/units", json=body)).status_code == 201
    for other in ({"name": "Another"}, {"parent": None}):
        assert (await client.post("/v1/units", json=body | other)).json()["code"] == "unit_exists"
    unknown = await client.post("/v1/units", json=body | {"unit": "x", "parent": "nowhere"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unit_not_known")
    assert (await client.post("/v1/units", json=body | {"unit": "13800138000"})).status_code == 422


async def test_P5_units_are_changed_by_heads_and_read_by_the_company(client, tree, as_role):
    body = {"unit": "x", "name": "X", "kind": "city"}
    for role in ("agent", "manager", "analyst", "auditor"):
        assert (await client.post("/v1/units", json=body, headers=as_role(role))).status_code == 403
        assert (await client.get("/v1/units", headers=as_role(role))).status_code == 200
    assert (await client.post("/v1/units", json=body, headers=as_role("head"))).status_code == 201


def test_P5_a_circle_is_seen_however_far_it_goes() -> None:
    units = {str(n): Unit(str(n), "", "x", str(n - 1) if n else None) for n in range(50)}
    check_place(Unit("0", "", "x", None), units)
    with pytest.raises(DomainError, match="unit_below_itself"):
        check_place(Unit("0", "", "x", "49"), units)
