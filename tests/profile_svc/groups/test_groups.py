"""P2: a tree without circles, moved and split without losing what it was; over HTTP and at random against a model."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.profile_svc.groups.domain import Membership, has_ancestor, leave_group, move_below
from shared.errors import DomainError
from shared.events import GroupParentChanged

SERVICE = "profile"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def four(client) -> list[str]:
    made = []
    for name in ("Holding", "North", "South", "Shop"):
        body = {"kind": "organisation", "names": [{"name": name}]}
        made.append((await client.post("/v1/customers", json=body)).json()["id"])
    return made


async def put(client, child: str, parent: str, **more):
    return await client.put(f"/v1/customers/{child}/parent", json={"parent_id": parent, **more})


async def names(client, customer: str, **query) -> list[str]:
    answer = await client.get(f"/v1/customers/{customer}/group", params=query)
    return [member["name"] for member in answer.json()["members"]]


async def test_P2_a_group_is_moved_and_split_and_its_history_stays(client, four, announced):
    holding, north, south, shop = four
    assert (await put(client, north, holding)).status_code == 200
    await put(client, south, holding)
    await put(client, shop, north)
    assert await names(client, holding) == ["Holding", "North", "South", "Shop"]
    between = datetime.now(UTC).isoformat()
    moved = (await put(client, shop, south)).json()
    assert moved["parent_id"] == south
    assert [(place["parent_id"], place["to"] is None) for place in moved["history"]] == [(north, False), (south, True)]
    assert moved["history"][0]["to"] == moved["history"][1]["from"]
    assert await names(client, south) == ["South", "Shop"]
    assert (await client.delete(f"/v1/customers/{south}/parent")).status_code == 204
    assert (await client.delete(f"/v1/customers/{south}/parent")).status_code == 204
    assert await names(client, holding) == ["Holding", "North"]
    assert await names(client, south) == ["South", "Shop"]
    assert await names(client, holding, as_of=between) == ["Holding", "North", "South", "Shop"]
    assert await names(client, north, as_of=between) == ["North", "Shop"]
    changes = [event for event in await announced() if isinstance(event, GroupParentChanged)]
    assert [(str(e.customer_id), e.parent_id and str(e.parent_id)) for e in changes] == [
        (north, holding), (south, holding), (shop, north), (shop, south), (south, None),
    ]  # fmt: skip


async def test_P2_the_same_parent_again_changes_nothing(client, four, announced):
    first = (await put(client, four[1], four[0])).json()
    assert (await put(client, four[1], four[0])).json() == first
    assert len([event for event in await announced() if isinstance(event, GroupParentChanged)]) == 1


async def test_P2_circles_and_strangers_are_refused(client, four):
    holding, north, _, shop = four
    await put(client, north, holding)
    await put(client, shop, north)
    for child, parent, status, code in (
        (holding, shop, 409, "would_be_a_circle"),
        (holding, holding, 422, "own_parent"),
        (holding, str(uuid4()), 422, "parent_not_known"),
        (str(uuid4()), holding, 404, "customer_not_found"),
    ):
        answer = await put(client, child, parent)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(f"/v1/customers/{holding}/parent")).json() == {"parent_id": None, "history": []}
    malformed = await client.put(f"/v1/customers/{holding}/parent", json={"parent_id": 5})
    assert malformed.status_code == 422


async def test_P2_history_is_closed_and_long_ago_needs_the_scope_history(client, four, as_role):
    holding, north, south, _ = four
    await put(client, north, holding)
    earlier = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    answer = await put(client, north, south, **{"from": earlier})
    assert (answer.status_code, answer.json()["code"]) == (409, "before_the_last_change")
    future = await put(client, north, south, **{"from": "2199-01-01T00:00:00Z"})
    assert (future.status_code, future.json()["code"]) == (422, "in_the_future")
    body = {"parent_id": holding, "from": "2026-01-01T00:00:00Z"}
    path = f"/v1/customers/{south}/parent"
    plain = await client.put(path, json=body, headers=as_role("agent", scopes=["customers:write"]))
    assert (plain.status_code, plain.json()["code"]) == (403, "history_needed")
    allowed = as_role("agent", scopes=["customers:write", "history"])
    assert (await client.put(path, json=body, headers=allowed)).status_code == 200
    assert await names(client, holding, as_of="2026-02-01T00:00:00Z") == ["Holding", "South"]


async def test_P2_groups_are_the_companys_own_and_looks_are_on_the_trail(client, four, as_role, database):
    await put(client, four[1], four[0])
    partner = as_role("partner", partner_id=uuid4(), scopes=["customers:read", "customers:write"])
    for method, rest in (("GET", "group"), ("GET", "parent"), ("DELETE", "parent")):
        assert (await client.request(method, f"/v1/customers/{four[0]}/{rest}", headers=partner)).status_code == 404
    await client.get(f"/v1/customers/{four[0]}/group")
    rows = await database.run(
        lambda tx: tx.raw.fetch("select customer_id, action from access_trail order by id desc limit 4")
    )
    assert {(str(row["customer_id"]), row["action"]) for row in rows} == {
        (four[0], "group_changed"), (four[1], "group_changed"), (four[0], "read_group"), (four[1], "read_group"),
    }  # fmt: skip


async def test_P2_two_moves_at_once_make_no_circle(client, four):
    for _ in range(3):
        answers = await asyncio.gather(put(client, four[0], four[1]), put(client, four[1], four[0]))
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 200], [409, 409])
        parents = [(await client.get(f"/v1/customers/{customer}/parent")).json()["parent_id"] for customer in four[:2]]
        assert None in parents
        await client.delete(f"/v1/customers/{four[0]}/parent")
        await client.delete(f"/v1/customers/{four[1]}/parent")


MOVES = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 4), st.integers(-3, 3)), min_size=1, max_size=25)


@settings(max_examples=200, deadline=None)
@given(MOVES)
def test_P2_at_no_instant_is_there_a_circle_or_a_second_parent(moves):
    """Moves told now or for an earlier instant: whatever is accepted leaves a forest at every instant."""
    memberships: list[Membership] = []
    for n, (child, parent, hours) in enumerate(moves):
        at = START + timedelta(hours=10 * n)
        customer, since = UUID(int=child + 1), at - timedelta(hours=10 * max(0, hours))
        history = [membership for membership in memberships if membership.customer_id == customer]
        try:
            if parent < 0:
                changed, _ = leave_group(history, at)
            else:
                new = Membership(customer, UUID(int=parent + 1), since)
                changed, _ = move_below(history, new, memberships, at)
        except DomainError:
            continue
        kept = {(place.customer_id, place.since): place for place in [*memberships, *changed]}
        memberships = list(kept.values())
    for instant in [START + timedelta(hours=5 * n - 40) for n in range(60)]:
        now = [m for m in memberships if m.since <= instant and (m.until is None or m.until > instant)]
        parents = {m.customer_id: m.parent_id for m in now}
        assert len(parents) == len(now)
        for customer in parents:
            seen, above = {customer}, parents.get(customer)
            while above is not None:
                assert above not in seen
                seen.add(above)
                above = parents.get(above)


def test_P2_the_way_up_is_looked_for_at_the_same_instant():
    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    hour = timedelta(hours=1)
    above = {
        b: [Membership(b, c, START, START + hour)],
        c: [Membership(c, a, START + 2 * hour)],
    }
    assert not has_ancestor(a, b, START, None, above)
    above[b] = [Membership(b, c, START, START + 3 * hour)]
    assert has_ancestor(a, b, START, None, above)
