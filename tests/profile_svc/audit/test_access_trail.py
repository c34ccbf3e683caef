"""P13: every read and write of a file leaves a line."""

from uuid import uuid4

SERVICE = "profile"
ORGANISATION = {"kind": "organisation", "names": [{"name": "Chang'an Auto"}], "phones": [{"number": "023-6759 4008"}]}


async def opened(client) -> dict:
    answer = await client.post("/v1/customers", json=ORGANISATION)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_P13_every_read_and_write_of_a_file_is_on_the_trail(client, database, as_role):
    file = await opened(client)
    path = f"/v1/customers/{file['id']}"
    agent = as_role("agent", subject="agent-7")
    await client.get(path, headers=agent)
    await client.get(f"{path}/overview", headers=agent)
    await client.get("/v1/customers", params={"q": "changan"}, headers=agent)
    await client.patch(path, json={"employees": 7}, headers=agent | {"If-Match": '"1"'})
    await client.get("/v1/calls/pop", params={"number": "023-67594008"}, headers=agent)
    await client.get(f"/v1/customers/{uuid4()}", headers=agent)
    rows = await database.run(
        lambda tx: tx.raw.fetch("select actor, action, customer_id from access_trail order by id")
    )
    assert {str(row["customer_id"]) for row in rows} == {file["id"]}
    assert [(row["actor"], row["action"]) for row in rows] == [
        ("person:admin-1", "opened"),
        ("person:agent-7", "read"),
        ("person:agent-7", "overview"),
        ("person:agent-7", "listed"),
        ("person:agent-7", "changed"),
        ("person:agent-7", "popped_up"),
    ]
