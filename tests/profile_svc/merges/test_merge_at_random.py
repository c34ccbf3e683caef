"""P12 at random: merges and undoings between edits are what a tree of files says, and undone equal never merged."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.profile_svc.merging import merged, opened, read, undone

SERVICE = "profile"
FIELDS = ("region", "industry", "web_site", "account_manager")
EMPLOYEES = ("ann", "bob", "cid")


@dataclass
class Own:
    """A customer's own file and account manager."""

    id: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> "Own":
        return self

    def view(self, name: str) -> str | None:
        return self.facts.get(name)

    def note_edit(self, _name: str) -> None:
        pass


@dataclass
class Both:
    """Two that are one: the left stands for both."""

    left: "Own | Both"
    right: "Own | Both"
    merge: dict[str, Any]
    edited: set[str] = field(default_factory=set)

    @property
    def root(self) -> Own:
        return self.left.root

    def view(self, name: str) -> str | None:
        left, right = self.left.view(name), self.right.view(name)
        if name in self.edited:
            return left
        if self.merge["keep"].get(name) == "absorbed":
            left, right = right, left
        return right if left is None else left

    def note_edit(self, name: str) -> None:
        self.edited.add(name)
        self.left.note_edit(name)


def members_of(node: Own | Both) -> list[Own]:
    return [node] if isinstance(node, Own) else members_of(node.left) + members_of(node.right)


values = st.sampled_from([None, "a1", "b2", "c3"])
steps = st.one_of(
    st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3), st.sets(st.sampled_from(FIELDS))),
    st.tuples(st.just("undo"), st.integers(0, 3), st.none(), st.none()),
    st.tuples(st.just("edit"), st.integers(0, 3), st.sampled_from(FIELDS), values),
)


@dataclass
class World:
    client: httpx.AsyncClient
    trees: list[Own | Both]

    def tree_of(self, place: int) -> Own | Both:
        id = self.ids[place]
        return next(tree for tree in self.trees if any(own.id == id for own in members_of(tree)))

    def __post_init__(self) -> None:
        self.ids = [tree.root.id for tree in self.trees]

    async def merge(self, left: int, right: int, keep: set[str]) -> None:
        first, second = self.tree_of(left), self.tree_of(right)
        if first is second:
            return
        made = await merged(self.client, self.ids[left], self.ids[right], **dict.fromkeys(keep, "absorbed"))
        assert (made["root_id"], made["absorbed_id"]) == (first.root.id, second.root.id)
        self.trees = [tree for tree in self.trees if tree not in (first, second)] + [Both(first, second, made)]

    async def undo(self, place: int) -> None:
        tree = self.tree_of(place)
        if isinstance(tree, Both):
            assert (await undone(self.client, self.ids[place], tree.merge)).status_code == 204
            self.trees = [other for other in self.trees if other is not tree] + [tree.left, tree.right]

    async def edit(self, place: int, name: str, value: str | None) -> None:
        tree = self.tree_of(place)
        if name == "account_manager":
            value = EMPLOYEES[len(value or "")]
            body = {"employee_id": value, "role": name}
            answer = await self.client.post(f"/v1/customers/{self.ids[place]}/team", json=body)
            assert answer.status_code == 201 or tree.root.facts.get(name) == value, answer.text
        else:
            path = f"/v1/customers/{self.ids[place]}"
            answer = await self.client.patch(path, json={name: value}, headers={"If-Match": "*"})
            assert answer.status_code == 200, answer.text
        if answer.status_code < 300:
            tree.root.facts |= {name: value or ""}
            if value is None:
                del tree.root.facts[name]
            tree.note_edit(name)

    async def compare(self) -> None:
        for place, id in enumerate(self.ids):
            tree = self.tree_of(place)
            file = await read(self.client, id)
            shown = {name: file.get(name) for name in FIELDS}
            team = (await read(self.client, f"{id}/team"))["members"]
            shown["account_manager"] = next((member["employee"]["employee_id"] for member in team), None)
            assert shown == {name: tree.view(name) for name in FIELDS}
            others = sorted(own.id for own in members_of(tree) if own is not tree.root)
            assert (file["id"], file.get("merged_from", [])) == (tree.root.id, others)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=st.lists(steps, max_size=14))
async def test_P12_merges_and_undoings_between_edits_are_what_a_tree_of_files_says(
    client: httpx.AsyncClient, life: list[tuple[str, int, Any, Any]]
) -> None:
    for employee in EMPLOYEES:
        body = {"employee_id": employee, "name": employee.title()}
        assert (await client.post("/v1/employees", json=body)).status_code in (200, 201)
    world = World(client, [Own(await opened(client, name)) for name in ("Uno", "Due", "Tre", "Quattro")])
    for step, place, second, third in life:
        match step:
            case "merge":
                await world.merge(place, second, third)
            case "undo":
                await world.undo(place)
            case _:
                await world.edit(place, second, third)
    await world.compare()
    while any(isinstance(tree, Both) for tree in world.trees):
        for place in range(4):
            await world.undo(place)
    await world.compare()
