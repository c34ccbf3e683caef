"""P1, P12, G1: references are the registry's; profile opens stubs for them, shows them, and finds customers by them."""

import time
from uuid import UUID, uuid4

import pytest

from services.profile_svc.references.domain import RegisteredReference, may_be_reference, score_matches
from services.profile_svc.references.repository.registry import ReferenceRegistry
from services.profile_svc.subscriptions import subscriptions
from tests import harness

SERVICE = "profile"
ORGANISATION = {"kind": "organisation", "names": [{"name": "Chang'an Auto"}], "phones": [{"number": "023-6759 4008"}]}


async def opened(client, body: dict) -> dict:
    answer = await client.post("/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_P1_a_stub_is_opened_for_a_customer_intake_met_and_a_patch_completes_it(
    client, registry, database, deliver, announced
):
    id = uuid4()
    events = await deliver(database, subscriptions, [registry.registered(id)])
    assert [(event.type, event.kind) for event in events] == [("profile.customer_registered.v1", "unknown")]
    stub = (await client.get(f"/v1/customers/{id}")).json()
    assert stub["kind"] == "unknown"
    assert stub["references"] == [{"source": "patron", "ref": "HH-1"}]
    assert stub["completeness"] == 0
    amended = await client.patch(
        f"/v1/customers/{id}",
        json={"kind": "person", "names": [{"name": "Li Lei"}]},
        headers={"If-Match": '"1"'},
    )
    assert amended.status_code == 200
    assert amended.json()["kind"] == "person"
    assert (await announced())[-1].kind == "person"


async def test_P1_the_same_reference_again_opens_no_second_stub(client, registry, database, deliver, announced):
    id = uuid4()
    await deliver(database, subscriptions, [registry.registered(id), registry.registered(uuid4(), "HH-2")])
    again = [registry.registered(id, "HH-1b"), registry.registered(id, "B-9", "partner:x")]
    assert await deliver(database, subscriptions, again) == []
    assert len(await announced()) == 2
    references = (await client.get(f"/v1/customers/{id}")).json()["references"]
    assert [(item["source"], item["ref"]) for item in references] == [
        ("partner:x", "B-9"),
        ("patron", "HH-1"),
        ("patron", "HH-1b"),
    ]


async def test_P1_a_file_for_a_reference_completes_its_stub(client, registry, database, deliver):
    id = uuid4()
    await deliver(database, subscriptions, [registry.registered(id)])
    file = await opened(client, registry.with_id(ORGANISATION | {"reference": {"source": "patron", "ref": "HH-1"}}))
    assert file["id"] == str(id)
    again = await client.post(
        "/v1/customers", json=registry.with_id(ORGANISATION | {"reference": {"source": "patron", "ref": "HH-1"}})
    )
    assert (again.status_code, again.json()["code"], again.json()["customer_id"]) == (409, "file_exists", str(id))


async def test_P1_the_file_may_come_before_the_event_of_its_reference(client, registry, database, deliver, announced):
    id = str(uuid4())
    file = await opened(client, ORGANISATION | {"id": id, "reference": {"source": "patron", "ref": "HH-1"}})
    assert file["id"] == id
    assert await deliver(database, subscriptions, [registry.registered(UUID(id))]) == []
    assert (await client.get(f"/v1/customers/{id}")).json() == file
    assert len(await announced()) == 2


async def test_G1_a_partner_sees_only_customers_with_a_reference_of_its_own(
    client, registry, database, deliver, as_role
):
    partner, other = uuid4(), uuid4()
    own, foreign = uuid4(), uuid4()
    await deliver(
        database,
        subscriptions,
        [
            registry.registered(own, "1001", f"partner:{partner}"),
            registry.registered(own, "X", "patron"),
            registry.registered(foreign, "1001", f"partner:{other}"),
        ],
    )
    headers = as_role("partner", partner_id=partner)
    answer = await client.get(f"/v1/customers/{own}", headers=headers)
    assert answer.json()["references"] == [{"source": f"partner:{partner}", "ref": "1001"}]
    for path in (f"/v1/customers/{foreign}", f"/v1/customers/{foreign}/overview"):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "customer_not_found")
    assert (await client.get(f"/v1/customers/{own}/overview", headers=headers)).status_code == 200
    for query in ({}, {"q": "1001"}):
        results = (await client.get("/v1/customers", params=query, headers=headers)).json()["items"]
        assert [item["id"] for item in results] == [str(own)]
    for path in (f"/v1/customers/{own}/team", "/v1/employees", "/v1/calls/statistics"):
        assert (await client.get(path, headers=headers)).status_code == 404
    writing = as_role("partner", partner_id=partner, scopes=["customers:write"])
    body = ORGANISATION | {"reference": {"source": "patron", "ref": "Y"}, "id": str(uuid4())}
    assert (await client.post("/v1/customers", json=body, headers=writing)).status_code == 403


async def test_P13_a_reference_that_is_a_phone_number_is_nowhere_in_profile(client, registry, database, deliver):
    """Told once, it would stand for ever: it is in no event and in no table, only the registry has it."""
    phone = "8613800138000"
    file = await opened(client, registry.with_id(ORGANISATION | {"reference": {"source": "telecom", "ref": phone}}))
    stub = uuid4()
    await deliver(database, subscriptions, [registry.registered(stub, "8613900139000", "telecom")])
    assert file["references"] == [{"source": "telecom", "ref": phone}]
    assert (await client.get(f"/v1/customers/{stub}")).json()["references"][0]["ref"] == "8613900139000"
    tables = "select table_name from information_schema.tables where table_schema = 'public' and table_type <> 'VIEW'"
    async with database.transaction() as tx:
        for (name,) in await tx.raw.fetch(tables):
            rows = await tx.raw.fetch(f'select t::text as line from "{name}" t')
            assert not [row["line"] for row in rows if phone in row["line"] or "8613900139000" in row["line"]], name


@pytest.mark.parametrize("trouble", ["away", "hanging"])
async def test_P1_a_file_is_shown_without_references_when_the_registry_does_not_answer(
    database, keys, registry, deliver, trouble
):
    id = uuid4()
    await deliver(database, subscriptions, [registry.registered(id)])
    setattr(registry, trouble, True)
    app = harness.app_of("profile", database, keys, transport=registry.transport, registry_seconds=0.2)
    async with harness.client_of(app, harness.AsAdmin(keys, "profile")) as client:
        began = time.monotonic()
        file = (await client.get(f"/v1/customers/{id}")).json()
        assert (file["references"], file["did_not_answer"]) == ([], ["references"])
        body = {"kind": "person", "names": [{"name": "Li Lei"}]}
        amended = await client.patch(f"/v1/customers/{id}", json=body, headers={"If-Match": '"1"'})
        assert (amended.status_code, amended.json()["did_not_answer"]) == (200, ["references"])
        page = (await client.get("/v1/customers", params={"q": "HH-1"})).json()
        assert (page["items"], page["did_not_answer"]) == ([], ["references"])
        assert time.monotonic() - began < 1.5
        # the names are profile's own: they are found whatever the registry does
        results = (await client.get("/v1/customers", params={"q": "Li Lei"})).json()
        assert [item["id"] for item in results["items"]] == [str(id)]
        setattr(registry, trouble, False)
    async with harness.client_of(app, harness.AsAdmin(keys, "profile")) as client:
        app.state.reference_registry = ReferenceRegistry(app.state.service.clients.get_json, 1.5)
        file = (await client.get(f"/v1/customers/{id}")).json()
        assert (file["references"], file["did_not_answer"]) == ([{"source": "patron", "ref": "HH-1"}], [])


async def test_P1_no_connection_waits_for_the_registry(database, keys, registry, deliver):
    id = uuid4()
    await deliver(database, subscriptions, [registry.registered(id)])
    app = harness.app_of("profile", database, keys, transport=registry.transport)
    held = []
    ask = app.state.reference_registry._get

    async def watched(*question):
        held.append(database.engine.pool.checkedout())
        return await ask(*question)

    app.state.reference_registry._get = watched
    async with harness.client_of(app, harness.AsAdmin(keys, "profile")) as client:
        await client.get(f"/v1/customers/{id}")
        await client.get("/v1/customers", params={"q": "HH-1"})
        await client.patch(f"/v1/customers/{id}", json={"web_site": "a.example"}, headers={"If-Match": '"1"'})
        body = ORGANISATION | {"id": str(id), "reference": {"source": "patron", "ref": "HH-1"}}
        assert (await client.post("/v1/customers", json=body)).status_code == 201
    assert held == [0, 0, 0, 0]


async def test_P1_after_three_failures_the_registry_is_left_alone_for_five_seconds():
    now, questions = 100.0, 0

    async def get(*question):
        nonlocal questions
        questions += 1
        if now < 106:
            raise OSError("away")
        return {"items": []}

    registry = ReferenceRegistry(get, 1.5, clock=lambda: now)
    for _ in range(5):
        assert await registry.search("HH-1") is None
    assert questions == 3
    now = 105.5  # item more try, which fails as well
    assert await registry.search("HH-1") is None
    assert await registry.search("HH-1") is None
    assert questions == 4
    now = 111.0
    assert await registry.search("HH-1") == []
    assert await registry.list_of_customers([]) == []
    assert questions == 5


@pytest.mark.parametrize("answer", [None, [], {}, {"items": [{}]}, {"items": [{"customer_id": "x"}]}, {"items": None}])
async def test_P1_an_answer_of_another_shape_is_no_answer(answer):
    async def get(*question):
        return answer

    assert await ReferenceRegistry(get, 1.5).search("HH-1") is None


async def test_G1_a_partner_finds_nobody_by_a_reference_of_another_source(client, registry, database, deliver, as_role):
    """Also where the customer is its own as well: what others call it is not the partner's to know."""
    partner, other, id = uuid4(), uuid4(), uuid4()
    await deliver(
        database,
        subscriptions,
        [
            registry.registered(id, "MINE-1", f"partner:{partner}"),
            registry.registered(id, "THEIRS-1", f"partner:{other}"),
        ],
    )
    headers = as_role("partner", partner_id=partner)

    async def search(q: str, **more) -> list[str]:
        return [item["id"] for item in (await client.get("/v1/customers", params={"q": q}, **more)).json()["items"]]

    assert await search("MINE-1", headers=headers) == [str(id)]
    assert await search("THEIRS-1", headers=headers) == []
    assert await search("THEIRS-1") == [str(id)]
    file = (await client.get(f"/v1/customers/{id}", headers=headers)).json()
    assert file["references"] == [{"source": f"partner:{partner}", "ref": "MINE-1"}]


async def test_P12_an_equal_reference_comes_before_one_that_begins_so(client, registry):
    ids = [(await opened(client, ORGANISATION))["id"] for _ in range(3)]
    for id, ref in zip(ids, ("HH-10", "HH-1", "XHH-1"), strict=True):
        registry.add(id, ref)
    results = (await client.get("/v1/customers", params={"q": "HH-1"})).json()["items"]
    assert [item["id"] for item in results] == [ids[1], ids[0]]
    assert (await client.get("/v1/customers", params={"q": "HH"})).json()["items"] == []


async def test_P12_the_registry_is_asked_only_what_can_be_a_reference(client, registry):
    for q in ("重庆", "Li Lei", "info@acme.example", "+86 138", "", None):
        await client.get("/v1/customers", params={} if q is None else {"q": q})
    assert registry.questions == []
    await client.get("/v1/customers", params={"q": " HH-1 "})
    assert registry.questions == [{"q": ["HH-1"], "limit": ["20"]}]


def test_P12_what_may_be_a_reference_and_what_it_is_worth():
    assert [may_be_reference(text) for text in ("HH-1", "8613800138000", "a/b:c.d_e", "", "-1", "x" * 65, "A\n")] == [
        True, True, True, False, False, False, False,
    ]  # fmt: skip
    ann, ben = UUID(int=1), UUID(int=2)
    known = [
        RegisteredReference(ann, "a", "HH-10"),
        RegisteredReference(ann, "a", "HH-1"),
        RegisteredReference(ann, "b", "HH-12"),
        RegisteredReference(ben, "b", "HH-11"),
    ]
    assert score_matches(None, "HH-1", known) == {ann: 900, ben: 650}
    assert score_matches("b", "HH-1", known) == {ann: 650, ben: 650}
    assert score_matches(None, "HH", known) == {}


async def test_G2_a_reference_comes_with_the_id_that_intake_keeps_for_it(client, announced):
    body = ORGANISATION | {"reference": {"source": "patron", "ref": "HH-1"}}
    answer = await client.post("/v1/customers", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "reference_without_id")
    assert answer.json()["errors"][0]["pointer"] == "/id"
    assert await announced() == []
