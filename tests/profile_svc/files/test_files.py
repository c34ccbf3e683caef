"""P1, P13 over HTTP: files opened, read, amended under If-Match, stubs completed, every access on the trail."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.events import CustomerRegistered, CustomerTraitsChanged

SERVICE = "profile"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORGANISATION = {
    "kind": "organisation",
    "names": [{"name": "重庆长安汽车股份有限公司", "language": "zh-Hans"}, {"name": "Chang'an Auto", "language": "en"}],
    "phones": [{"number": "023-6759 4008", "kind": "landline"}],
    "emails": [{"address": "Service@Changan.example"}],
    "addresses": [{"text": "重庆市江北区", "country": "CN"}],
    "region": "CN-50",
    "industry": "automotive",
    "founded_on": "1996-10-31",
    "registered_capital": "9917289033.00",
    "employees": 40000,
    "listed": True,
}


async def opened(client, **changes) -> dict:
    answer = await client.post("/v1/customers", json=ORGANISATION | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_P1_a_file_is_opened_and_read_as_it_was_given(client, announced):
    answer = await client.post("/v1/customers", json=ORGANISATION)
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    file = answer.json()
    assert answer.headers["Location"] == f"/v1/customers/{file['id']}"
    assert file["names"] == ORGANISATION["names"]
    assert file["phones"] == [{"number": "023-6759 4008", "kind": "landline", "e164": "+862367594008"}]
    assert file["registered_capital"] == "9917289033.00"
    assert "tax_id" in file["missing"]
    read = await client.get(f"/v1/customers/{file['id']}")
    assert read.json() == file
    assert read.headers["ETag"] == '"1"'
    events = await announced()
    assert [type(event) for event in events] == [CustomerRegistered, CustomerTraitsChanged]
    assert (events[1].region, events[1].industry, events[1].completeness) == (
        "CN-50",
        "automotive",
        file["completeness"],
    )
    for event in events:
        text = event.model_dump_json()
        assert not any(secret in text for secret in ("长安", "Chang", "6759", "example"))


async def test_P1_a_person_with_a_lunar_birthday_and_family(client):
    person = {
        "kind": "person",
        "names": [{"name": "单雄信"}],
        "birth_date": {"calendar": "lunar", "year": 1990, "month": 2, "day": 30},
        "sex": "male",
        "marital_status": "married",
        "family": [{"relation": "son", "name": "单小信", "birth_date": {"month": 6, "day": 1}}],
        "hobbies": [],
    }
    file = (await client.post("/v1/customers", json=person)).json()
    assert file["birth_date"] == person["birth_date"] | {"leap_month": False}
    assert file["family"][0]["name"] == "单小信"
    assert file["family"][0]["birth_date"]["calendar"] == "solar"
    assert "hobbies" not in file["missing"]


async def test_P1_bands_may_be_open_at_the_end(client):
    bands = {"age_band": "65+", "income_band": "250K+", "household_size": "5+", "children": "3+", "home": "<1y"}
    person = {"kind": "person", "names": [{"name": "Li Lei"}], **bands}
    file = (await client.post("/v1/customers", json=person)).json()
    assert {name: file[name] for name in bands} == bands


async def test_P1_a_change_needs_the_version_that_was_seen(client):
    file = await opened(client)
    path = f"/v1/customers/{file['id']}"
    assert (await client.patch(path, json={"employees": 1})).status_code == 428
    assert (await client.patch(path, json={"employees": 1}, headers={"If-Match": '"7"'})).status_code == 412
    changed = await client.patch(path, json={"employees": 1, "region": None}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert changed.json()["employees"] == 1
    assert "region" not in changed.json()
    assert changed.json()["industry"] == "automotive"
    assert (await client.patch(path, json={"employees": 2}, headers={"If-Match": '"1"'})).status_code == 412


async def test_P1_what_was_read_can_be_sent_back(client):
    file = await opened(client)
    again = {
        name: file[name]
        for name in ("names", "phones", "emails", "addresses", "founded_on", "annual_sales")
        if name in file
    }
    same = await client.patch(f"/v1/customers/{file['id']}", json=again, headers={"If-Match": '"1"'})
    assert same.status_code == 200
    assert same.headers["ETag"] == '"1"'


async def test_P1_only_a_change_of_traits_is_announced(client, announced):
    file = await opened(client)
    path = f"/v1/customers/{file['id']}"
    await client.patch(path, json={"web_site": "acme.example"}, headers={"If-Match": '"1"'})
    assert len(await announced()) == 2
    await client.patch(path, json={"tax_id": "91500000"}, headers={"If-Match": '"2"'})
    assert (await announced())[-1].completeness > file["completeness"]


async def test_P1_an_organisation_cannot_become_a_person(client):
    file = await opened(client)
    answer = await client.patch(f"/v1/customers/{file['id']}", json={"kind": "person"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "kind_is_fixed")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "unknown"}, "validation_failed"),
        ({"names": []}, "validation_failed"),
        ({"names": [{"name": "  "}]}, "validation_failed"),
        ({"names": [{"name": "a\u0000b"}]}, "invalid_text"),
        ({"nonsense": 1}, "validation_failed"),
        ({"employees": "40000"}, "validation_failed"),
        ({"employees": True}, "validation_failed"),
        ({"employees": -1}, "validation_failed"),
        ({"listed": 1}, "validation_failed"),
        ({"registered_capital": 1.5}, "validation_failed"),
        ({"founded_on": "31.10.1996"}, "validation_failed"),
        ({"founded_on": "2199-01-01"}, "in_the_future"),
        ({"emails": [{"address": "not an address"}]}, "validation_failed"),
        ({"phones": [{"number": "123"}]}, "phone_not_possible"),
        ({"region": "Chongqing Shi"}, "validation_failed"),
        ({"sex": "male"}, "field_not_of_this_kind"),
        ({"reference": {"source": "a b", "ref": "1"}}, "validation_failed"),
        ({"id": "1"}, "validation_failed"),
    ],
)
async def test_P1_bad_input_is_refused_and_nothing_is_kept(client, announced, changes, code):
    answer = await client.post("/v1/customers", json=ORGANISATION | changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await announced() == []


async def test_P1_an_unknown_id_is_404(client):
    for id in (uuid4(), "nonsense"):
        for path in (f"/v1/customers/{id}", f"/v1/customers/{id}/overview", f"/v1/customers/{id}/team"):
            assert (await client.get(path)).status_code == 404
        patch = await client.patch(f"/v1/customers/{id}", json={}, headers={"If-Match": '"1"'})
        assert patch.status_code == 404


async def test_G1_scopes_are_kept(client, as_role):
    assert (await client.post("/v1/customers", json=ORGANISATION, headers=as_role("analyst"))).status_code == 403
    nobody = as_role("agent", scopes=["orders:read"])
    for path in ("/v1/customers", f"/v1/customers/{uuid4()}", "/v1/calls/pop?number=1", "/v1/calls/statistics"):
        assert (await client.get(path, headers=nobody)).status_code == 403


async def test_K7_one_idempotency_key_opens_one_file(client, announced):
    answers = [
        await client.post("/v1/customers", json=ORGANISATION, headers={"Idempotency-Key": "k-1"}) for _ in range(3)
    ]
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert len(await announced()) == 2
