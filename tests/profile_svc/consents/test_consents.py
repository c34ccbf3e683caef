"""What a customer allows is what it said last, for a purpose and a channel, at any past instant (P13)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.consents.domain import Consent, decide_consent
from shared.events import ConsentChanged

SERVICE = "profile"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORDS = ("marketing", "service", "any")


def statement_of(changed: int, recorded: int, purpose: str, channel: str, granted: bool) -> Consent:
    at, entered = NOON + timedelta(hours=changed), NOON + timedelta(hours=changed + recorded)
    return Consent(uuid4(), UUID(int=1), purpose, channel, granted, at, entered, "form", "person:ann")


STATEMENTS = st.lists(
    st.builds(
        statement_of, st.integers(0, 20), st.integers(0, 20), st.sampled_from(WORDS),
        st.sampled_from(("call", "email", "any")), st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


@given(STATEMENTS, st.sampled_from(("marketing", "service")), st.sampled_from(("call", "email")), st.integers(0, 40))
def test_P13_the_last_statement_that_covers_it_holds(
    statements: list[Consent], purpose: str, channel: str, hour: int
) -> None:
    """The oracle applies statement by statement what was known to a table of all purposes and channels."""
    at = NOON + timedelta(hours=hour)
    table = {(p, c): p == "service" for p in ("marketing", "service") for c in ("call", "email")}
    for statement in sorted(statements, key=lambda s: (s.changed_at, s.recorded_at, s.id)):
        if statement.changed_at <= at and statement.recorded_at <= at:
            for p, c in table:
                if statement.purpose in (p, "any") and statement.channel in (c, "any"):
                    table[p, c] = statement.granted
    decision = decide_consent(statements, purpose, channel, as_of=at, known_at=at, allowed_by_default=("service",))
    assert decision.granted == table[purpose, channel]


async def test_P13_consent_is_given_withdrawn_and_shown_as_of_then(client, announced) -> None:
    file = (await client.post("/v1/customers", json={"kind": "person", "names": [{"name": "Li Na"}]})).json()
    path = f"/v1/customers/{file['id']}/consents"
    wanted = {"purpose": "marketing", "channel": "email"}
    assert not (await client.get(f"{path}/decision", params=wanted)).json()["granted"]
    given_body = wanted | {"granted": True, "origin": "form"}
    first = await client.post(path, json=given_body)
    assert first.status_code == 201
    assert (await client.post(path, json=given_body)).json() == first.json()
    granted = (await client.get(f"{path}/decision", params=wanted)).json()
    assert granted["granted"]
    assert granted["because"]["id"] == first.json()["id"]
    withdrawn = await client.post(path, json={"purpose": "any", "channel": "any", "granted": False, "origin": "call"})
    assert not (await client.get(f"{path}/decision", params=wanted)).json()["granted"]
    then = {"as_of": first.json()["changed_at"], "known_at": first.json()["recorded_at"]}
    assert (await client.get(f"{path}/decision", params=wanted | then)).json()["granted"]
    listed = (await client.get(path)).json()
    assert [statement["id"] for statement in listed["history"]] == [first.json()["id"], withdrawn.json()["id"]]
    changes = [event for event in await announced() if isinstance(event, ConsentChanged)]
    assert [(event.purpose, event.channel, event.granted) for event in changes] == [
        ("marketing", "email", True), ("any", "any", False),
    ]  # fmt: skip


async def test_P13_a_consent_without_a_channel_or_for_nobody_changes_nothing(client, announced) -> None:
    file = (await client.post("/v1/customers", json={"kind": "person", "names": [{"name": "Li Na"}]})).json()
    body = {"purpose": "marketing", "granted": True, "origin": "form"}
    answer = await client.post(f"/v1/customers/{file['id']}/consents", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/channel")
    answer = await client.post(f"/v1/customers/{uuid4()}/consents", json=body | {"channel": "email"})
    assert (answer.status_code, answer.json()["code"]) == (404, "customer_not_found")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    answer = await client.post(
        f"/v1/customers/{file['id']}/consents", json=body | {"channel": "email", "from": tomorrow}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "in_the_future")
    assert not [event for event in await announced() if isinstance(event, ConsentChanged)]


async def test_P13_customers_that_are_one_said_it_together(client, database) -> None:
    first, second = [
        (await client.post("/v1/customers", json={"kind": "person", "names": [{"name": name}]})).json()["id"]
        for name in ("Li Na", "Na Li")
    ]
    said_by_second = {"purpose": "any", "channel": "call", "granted": False, "origin": "call"}
    await client.post(f"/v1/customers/{second}/consents", json=said_by_second)
    merge_id = uuid4()
    async with database.transaction() as tx:
        await tx.raw.execute(
            "insert into customer_merge values ($1, $2, $3, now(), null, now())", merge_id, UUID(second), UUID(first)
        )
    wanted = {"purpose": "service", "channel": "call"}
    assert not (await client.get(f"/v1/customers/{first}/consents/decision", params=wanted)).json()["granted"]
    async with database.transaction() as tx:
        await tx.raw.execute("update customer_merge set unmerged_at = now()")
    assert (await client.get(f"/v1/customers/{first}/consents/decision", params=wanted)).json()["granted"]
