"""P12 over HTTP: many files as NDJSON. A result a line; stubs completed; sent again, nothing is opened twice."""

import json
from typing import Any
from uuid import uuid4

from services.profile_svc.subscriptions import subscriptions
from shared.events import CustomerRegistered, CustomerTraitsChanged

SERVICE = "profile"
NDJSON = {"Content-Type": "application/x-ndjson"}


def person(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "person", "names": [{"name": name}], **more}


async def sent(client, lines: list[Any], **headers: str) -> list[dict[str, Any]]:
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    answer = await client.post("/v1/customers:batch", content=body, headers=NDJSON | headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_P12_each_line_has_its_own_result_and_a_bad_one_stops_nobody(client, announced):
    lines = [
        person("单雄信", phones=[{"number": "+1 202 555 0143"}], emails=[{"address": "Shan@example.com"}]),
        person("No Name") | {"names": []},
        "{not json",
        person("Ada Quill", founded_on="1996-10-31"),
        person("Ada Quill", phones=[{"number": "123"}]),
        "[]",
        person("Ada Quill", region="east"),
    ]
    results = await sent(client, lines)
    assert [(item["line"], item["status"], item.get("code")) for item in results] == [
        (1, 201, None),
        (2, 422, "validation_failed"),
        (3, 400, "malformed_json"),
        (4, 422, "field_not_of_this_kind"),
        (5, 422, "phone_not_possible"),
        (6, 422, "validation_failed"),
        (7, 201, None),
    ]
    assert results[1]["errors"][0]["pointer"] == "/names"
    assert results[3]["errors"][0]["pointer"] == "/founded_on"
    assert [type(event) for event in await announced()] == [CustomerRegistered, CustomerTraitsChanged] * 2
    for question in ("shanxiongxin", "202 555 0143", "shan@example.com"):
        customers = (await client.get("/v1/customers", params={"q": question})).json()["items"]
        assert [item["id"] for item in customers] == [results[0]["id"]]


async def test_P12_the_same_lines_again_open_nothing_and_change_nothing(client, registry, announced):
    lines = [registry.with_id(person(name, reference={"source": "demo", "ref": name})) for name in ("A", "B")]
    first = await sent(client, lines)
    assert [(item["status"], item["version"]) for item in first] == [(201, 1), (201, 1)]
    events = await announced()
    again = await sent(client, [*lines, lines[0] | {"region": "east"}])
    assert [(item["status"], item.get("id")) for item in again] == [
        (200, first[0]["id"]),
        (200, first[1]["id"]),
        (409, None),
    ]
    assert (again[2]["code"], again[2]["customer_id"]) == ("file_exists", first[0]["id"])
    assert await announced() == events
    file = (await client.get(f"/v1/customers/{first[0]['id']}")).json()
    assert file["references"] == [{"source": "demo", "ref": "A"}]


async def test_P12_two_lines_of_one_reference_are_one_file(client):
    id = str(uuid4())
    line = person("Vera Crane", id=id, reference={"source": "demo", "ref": "7"})
    results = await sent(client, [line, line, line | {"kind": "organisation"}])
    assert [result["status"] for result in results] == [201, 200, 409]
    assert {result.get("id", result.get("customer_id")) for result in results} == {id}


async def test_P12_stubs_are_completed_whoever_named_them(client, registry, database, deliver):
    ids = [uuid4() for _ in range(3)]
    await deliver(database, subscriptions, [
        registry.registered(id, str(number), "demo") for number, id in enumerate(ids)
    ])  # fmt: skip
    amended = await client.patch(
        f"/v1/customers/{ids[2]}", json={"phones": [{"number": "+12025550100"}]}, headers={"If-Match": '"1"'}
    )
    assert amended.status_code == 200
    results = await sent(client, [
        registry.with_id(person("By Reference", reference={"source": "demo", "ref": "0"})),
        person("By Id", id=str(ids[1])),
        registry.with_id(person("By Both", id=str(uuid4()), reference={"source": "demo", "ref": "2"}, phones=[])),
    ])  # fmt: skip
    assert [item["id"] for item in results] == [str(id) for id in ids]
    assert [(item["status"], item["version"]) for item in results] == [(201, 2), (201, 2), (201, 3)]
    gone = (await client.get("/v1/customers", params={"q": "+12025550100"})).json()["items"]
    assert gone == []  # the file has no phones now, so nobody is found by the old item


async def test_P13_every_opened_file_is_on_the_trail_and_refused_ones_are_not(client, database):
    results = await sent(client, [person("A"), person("B", car=5), person("C")])
    async with database.transaction() as tx:
        rows = await tx.raw.fetch("select customer_id, action from access_trail order by id")
    opened = {item["id"] for item in results if item["status"] == 201}
    assert {(str(row["customer_id"]), row["action"]) for row in rows} == {(id, "opened") for id in opened}


async def test_P12_an_idempotency_key_gives_the_same_answer_again(client):
    lines = [person("A"), person("B") | {"names": []}]
    first = await sent(client, lines, **{"Idempotency-Key": "import-1"})
    assert await sent(client, lines, **{"Idempotency-Key": "import-1"}) == first


async def test_P12_what_is_no_batch_is_refused(client, as_role):
    many = "\n".join(["{}"] * 1001)
    for content, headers, status, code in (
        (many, NDJSON, 422, "too_many_customers"),
        ("{}", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        ("{}", NDJSON | as_role("auditor"), 403, "forbidden"),
    ):
        answer = await client.post("/v1/customers:batch", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await sent(client, ["", "  "]) == []


async def test_P12_a_line_that_opens_a_file_is_told_whom_it_looks_like(client):
    known = person("Lu Junyi", phones=[{"number": "+1 202 555 0143"}])
    first = await sent(client, [known])
    assert "looks_like" not in first[0]
    second = await sent(client, [person("Somebody"), person("Lu, J.", phones=known["phones"])])
    assert [item["status"] for item in second] == [201, 201]
    assert "looks_like" not in second[0]
    single = await client.post("/v1/customers", json=person("L. Junyi", phones=known["phones"]))
    assert second[1]["looks_like"] == [
        alike for alike in single.json()["looks_like"] if alike["customer_id"] == first[0]["id"]
    ]
    assert second[1]["looks_like"][0]["evidence"] == ["phone"]
