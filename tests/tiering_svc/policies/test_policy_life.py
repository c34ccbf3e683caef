"""The way of a policy over HTTP (T9): written, approved by another, in force; a bad document is never a 500."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from services.tiering_svc.policies.schemas import PolicyDocument
from tests.tiering_svc.policy_documents import condition, matrix, population, scorecard
from tests.tiering_svc.shorthand import bands_document, policy_of

SERVICE = "tiering"
NAME = {"en": "Mine", "zh": "我的"}
BODY = {"name": NAME, "document": bands_document(("gold", "550"))}


async def written(client, headers, body=BODY) -> str:
    answer = await client.post("/v1/tier-policies", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return f"/v1/tier-policies/{answer.json()['id']}"


async def test_T9_from_draft_to_retired_with_who_and_when(client, as_role):
    ann, bob, eve = (as_role("admin", subject=who) for who in ("ann", "bob", "eve"))
    url = await written(client, ann)
    own = await client.post(f"{url}/approval", headers=ann)
    assert (own.status_code, own.json()["code"]) == (403, "own_rule_set")
    approved = (await client.post(f"{url}/approval", headers=bob)).json()
    assert (approved["status"], approved["approved_by"], approved["activated_by"]) == ("approved", "bob", None)
    again = await client.post(f"{url}/approval", headers=eve)
    assert (again.status_code, again.json()["code"]) == (409, "already_approved")
    active = (await client.post(f"{url}/activation", headers=ann)).json()  # somebody else has approved it
    assert (active["status"], active["approved_by"], active["activated_by"]) == ("active", "bob", "ann")
    await client.post(f"{url}/versions", json=BODY, headers=ann)
    await client.post(f"{url}/activation", headers=eve)
    shown = (await client.get(url)).json()
    assert [(step["version"], step["step"], step["by"]) for step in shown["steps"]] == [
        (1, "draft", "ann"), (1, "approved", "bob"), (1, "active", "ann"), (2, "draft", "ann"), (2, "approved", "eve"),
        (1, "retired", "eve"), (2, "active", "eve"),
    ]  # fmt: skip
    assert [(v["version"], v["status"]) for v in shown["versions"]] == [(2, "active"), (1, "retired")]


async def test_T9_who_activates_a_draft_approves_it_and_is_not_its_author(client, as_role):
    ann, bob = (as_role("admin", subject=who) for who in ("ann", "bob"))
    url = await written(client, ann)
    assert (await client.post(f"{url}/activation", headers=ann)).status_code == 403
    assert (await client.get(url)).json()["status"] == "draft"
    assert (await client.post(f"{url}/approval", headers=as_role("agent"))).status_code == 403
    active = (await client.post(f"{url}/activation", headers=bob)).json()
    assert (active["approved_by"], active["activated_by"]) == ("bob", "bob")


async def test_T9_one_of_each_kind_is_shipped_as_a_draft_and_can_be_written_again(client):
    listed = (await client.get("/v1/tier-policies")).json()["items"]
    kinds = {policy["document"]["kind"] for policy in listed}
    assert kinds == {"single_indicator", "scorecard", "matrix", "abc", "pyramid", "star"}
    assert len(listed) == len(DEFAULT_POLICIES)
    for default in DEFAULT_POLICIES:
        answer = await client.post("/v1/tier-policies", json={"name": NAME, "document": default.document})
        assert answer.status_code == 201, answer.text


CONDITIONED = bands_document(("gold", "5")) | {"conditions": [condition("amount > 1.0", at_most="gold")]}
DOCUMENTS = [CONDITIONED, scorecard(), matrix(), population(), *(default.document for default in DEFAULT_POLICIES)]
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=12),
    st.sampled_from(["", "-1", "1e9", "NaN", "9" * 30, "amount", "gold", "lowest", "percent", "less", "\x00", "a > 1"]),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, member in members for deeper in paths_in(member, (*path, key)))]


@st.composite
def bad_documents(draw: Any) -> Any:
    """A good one with some of its parts gone, doubled, or something else."""
    document = deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths_in(document)[1:] or [()]))
        if not path:
            return draw(ODD)
        inside = document
        for key in path[:-1]:
            inside = inside[key]
        how = draw(st.sampled_from(["gone", "odd", "odd", "twice"]))
        if how == "gone":
            del inside[path[-1]]
        elif how == "twice" and isinstance(inside, list):
            inside.append(deepcopy(inside[path[-1]]))
        else:
            inside[path[-1]] = draw(ODD)
    return document


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=bad_documents())
async def test_T9_a_bad_document_is_refused_and_never_breaks_the_service(client, document):
    try:
        answer = await client.post("/v1/tier-policies", json={"name": NAME, "document": document})
    except ValueError:  # not a number, or half of a character: no JSON can say it
        return
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:
        problem = answer.json()
        assert problem["code"]
        assert all(error["pointer"].startswith("/") for error in problem.get("errors", ()))


def test_T9_every_document_in_the_docs_is_one_that_can_be_read():
    text = (Path(__file__).resolve().parents[3] / "docs" / "tiering" / "policies.md").read_text()
    documents = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    bodies = [PolicyDocument.model_validate_json(json.dumps(document)) for document in documents]
    read = [policy_of(body.model_dump(mode="json", by_alias=True, exclude_none=True)) for body in bodies]
    assert {policy.kind for policy in read} == {"single_indicator", "scorecard", "matrix", "abc", "pyramid", "star"}
    conditions = [json.loads(line) for line in re.findall(r"^\{.*\}$", text, re.MULTILINE)]
    assert conditions
    for rule in conditions:
        assert policy_of(bands_document(("silver", "5"), lowest="basic") | {"conditions": [rule]}).conditions
