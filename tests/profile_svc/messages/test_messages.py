"""Messages to customers are asked for, never sent: once for each fact, with consent, rendered when fetched."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.profile_svc.messages.domain.message import case_number
from services.profile_svc.settings import message_settings
from services.profile_svc.subscriptions import subscriptions
from shared.events import ComplaintAcknowledged, ComplaintFiled, MessageDeliveryReported, MessageRequested
from shared.messaging import new_id
from tests import harness

SERVICE = "profile"
ANN, CASE = UUID(int=1), UUID("01890000-0000-7000-8000-0000deadbeef")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIST = "/v1/message-requests"


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    message_settings.cache_clear()
    yield
    message_settings.cache_clear()


def acknowledged(
    customer_id: UUID | None = ANN, case_id: UUID = CASE, at: datetime = NOW, **more: Any
) -> ComplaintAcknowledged:
    return ComplaintAcknowledged(
        subject_id=customer_id or case_id, case_id=case_id, customer_id=customer_id, acknowledged_at=at,
        **{"kind": "complaint", "answer_by": NOW + timedelta(hours=8)} | more,
    )  # fmt: skip


def filed(case_id: UUID = CASE) -> ComplaintFiled:
    return ComplaintFiled(
        subject_id=ANN, case_id=case_id, customer_id=ANN, kind="complaint", severity="normal", channel="call",
        category="delivery", filed_at=NOW,
    )  # fmt: skip


async def open_file(client, **more: Any) -> None:
    file = {
        "id": str(ANN),
        "kind": "person",
        "names": [{"name": "Ann Lee"}],
        "emails": [{"address": "ann@example.com"}],
    }
    assert (await client.post("/v1/customers", json=file | more)).status_code == 201


async def tell(database, *events: ComplaintAcknowledged, at: datetime = NOW) -> list[Any]:
    return await harness.deliver(database, subscriptions, events, at=at)


async def listed(client, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_C2_whom_the_case_names_is_told_in_the_customers_place_as_far_as_that_person_allows_it(
    client, database, announced, app, monkeypatch
):
    """The contact's own consent counts, by purpose and channel; the customer's says nothing about it."""
    await open_file(client)
    requests: list[tuple[str, str]] = []
    answers: list[Any] = [{"name": "Kim", "email": "kim@example.com", "phone": "(212) 555-0123"}, None]

    async def get_json(service: str, path: str, _query: Any) -> Any:
        requests.append((service, path))
        return answers.pop(0) if answers else await no_answer()

    async def no_answer() -> None:
        raise httpx.ConnectError("away")

    monkeypatch.setattr(app.state.service.clients, "get_json", get_json)
    consents = f"/v1/customers/{ANN}/consents"

    async def consent(granted: bool, channel: str, contact_id: UUID | None) -> httpx.Response:
        body = {"purpose": "service", "channel": channel, "granted": granted, "origin": "call"}
        return await client.post(consents, json=body | ({} if contact_id is None else {"contact_id": str(contact_id)}))

    def acknowledged_now(case_id: UUID = CASE) -> ComplaintAcknowledged:
        return acknowledged(case_id=case_id, at=datetime.now(UTC), reached_by=("email", "text"))

    async def tell_now(*events: Any) -> None:
        await tell(database, *events, at=datetime.now(UTC))

    await consent(False, "any", None)  # the customer wants nothing
    assert (await consent(False, "email", CASE)).json()["code"] == "contact_not_found"
    await tell_now(filed(), acknowledged_now())
    first = await consent(False, "email", CASE)
    assert (first.status_code, first.json()["contact_id"]) == (201, str(CASE))
    assert (await consent(False, "email", new_id())).json()["code"] == "contact_not_found"
    other = UUID("01890000-0000-7000-8000-0000deadbee0")
    await tell_now(filed(other), acknowledged_now(other))
    await tell_now(acknowledged_now())
    assert (await consent(False, "text", CASE)).status_code == 201
    await tell_now(acknowledged_now())
    messages = await listed(client)
    assert [(m["contact_id"], m["channel"], m["state"], m["reason"]) for m in messages] == [
        (str(CASE), "email", "requested", None),
        (str(other), "email", "requested", None),
        (str(CASE), "text", "requested", None),
        (None, None, "withheld", "no_consent"),  # neither of the two
    ]
    requested = [event for event in await announced() if isinstance(event, MessageRequested)]
    assert [(event.contact_id, event.channel) for event in requested] == [
        (CASE, "email"), (other, "email"), (CASE, "text"),
    ]  # fmt: skip
    shown = (await client.get(f"{LIST}/{messages[2]['id']}")).json()
    assert (shown["to"], shown["consented"]) == ("+12125550123", False), "it was withdrawn since"
    assert shown["text"]["en"]["body"].startswith("Dear Kim, ")
    erased = (await client.get(f"{LIST}/{messages[1]['id']}")).json()
    assert (erased["to"], erased["consented"], erased["text"]["en"]["body"][:13]) == (None, True, "Dear customer")
    away = await client.get(f"{LIST}/{messages[0]['id']}")
    assert (away.status_code, away.json()["code"]) == (503, "contact_unavailable")
    assert requests[0] == ("complaint", f"/internal/complaints/{CASE}/contact")
    delivered = {"state": "bounced", "at": datetime.now(UTC).isoformat()}
    assert (await client.post(f"{LIST}/{messages[0]['id']}/delivery", json=delivered)).json()["state"] == "bounced"
    held = (await client.get(consents, params={"contact_id": str(CASE)})).json()
    assert [(c["channel"], c["granted"]) for c in held["holds"]] == [("email", False), ("text", False)]
    assert [c["channel"] for c in (await client.get(consents)).json()["holds"]] == ["any"]
    decided = {"purpose": "service", "channel": "email"}
    assert not (await client.get(f"{consents}/decision", params=decided | {"contact_id": str(CASE)})).json()["granted"]
    assert (await client.get(f"{consents}/decision", params=decided | {"contact_id": str(other)})).json()["granted"]


async def test_C2_an_acknowledged_complaint_asks_for_a_message_once_and_it_is_rendered_when_fetched(
    client, database, announced
):
    await open_file(client)
    await tell(database, acknowledged())
    await tell(database, acknowledged())  # announced again, by an owner that came back from a backup
    [message] = await listed(client, state="requested")
    assert {name: message[name] for name in ("customer_id", "template", "purpose", "channel", "state", "reason")} == {
        "customer_id": str(ANN), "template": "complaint_received", "purpose": "service", "channel": "email",
        "state": "requested", "reason": None,
    }  # fmt: skip
    [event] = [event for event in await announced() if isinstance(event, MessageRequested)]
    assert (str(event.message_id), event.customer_id, event.channel) == (message["id"], ANN, "email")
    assert "ann@example.com" not in event.model_dump_json() + str(message)
    shown = (await client.get(f"{LIST}/{message['id']}")).json()
    assert (shown["to"], shown["consented"]) == ("ann@example.com", True)
    assert shown["text"]["en"] == {
        "subject": "Your complaint C-DEADBEEF was received",
        "body": "Dear Ann Lee, your complaint C-DEADBEEF was received and is in work. You will have our answer by "
        "2026-03-02 17:00.",
    }
    assert shown["text"]["zh"]["body"].startswith("尊敬的Ann Lee：您的投诉 C-DEADBEEF 已受理")
    assert case_number(CASE) == "C-DEADBEEF"
    # the file is read when the text is fetched
    version = (await client.get(f"/v1/customers/{ANN}")).headers["etag"]
    changed = {"names": [{"name": "Ann Ray"}], "emails": [{"address": "ray@example.com"}]}
    patched = await client.patch(f"/v1/customers/{ANN}", json=changed, headers={"If-Match": version})
    assert patched.status_code == 200, patched.text
    again = (await client.get(f"{LIST}/{message['id']}")).json()
    assert (again["to"], again["text"]["en"]["body"][:13]) == ("ray@example.com", "Dear Ann Ray,")


@pytest.mark.parametrize(
    ("file", "more", "expected"),
    [
        ({"emails": None, "phones": [{"number": "+12025550123"}]}, {}, ("complaint_received", "text", None)),
        ({"emails": None, "phones": [{"number": "+12025550123", "kind": "fax"}]}, {},
         ("complaint_received", None, "no_address")),
        ({"emails": None}, {}, ("complaint_received", None, "no_address")),
        ({}, {"kind": "repair", "answer_by": None}, ("case_received", "email", None)),
        ({}, {"kind": "of-tomorrow"}, ("case_received", "email", None)),
        ({}, {"kind": None}, ("case_received", "email", None)),
    ],
)  # fmt: skip
async def test_a_message_goes_by_a_channel_that_has_an_address_or_is_withheld(
    client,
    database,
    announced,
    file: dict[str, Any],
    more: dict[str, Any],
    expected: tuple[str, str | None, str | None],
):
    await open_file(client, **{name: value for name, value in file.items() if value is not None})
    if file.get("emails", 0) is None:
        version = (await client.get(f"/v1/customers/{ANN}")).headers["etag"]
        assert (
            await client.patch(f"/v1/customers/{ANN}", json={"emails": None}, headers={"If-Match": version})
        ).status_code == 200
    await tell(database, acknowledged(**more))
    [message] = await listed(client)
    assert (message["template"], message["channel"], message["reason"]) == expected
    requested = [event for event in await announced() if isinstance(event, MessageRequested)]
    assert len(requested) == (0 if message["state"] == "withheld" else 1)
    if message["state"] == "withheld":
        shown = (await client.get(f"{LIST}/{message['id']}")).json()
        assert (shown["to"], shown["consented"]) == (None, False)
        refused = await client.post(f"{LIST}/{message['id']}/delivery", json={"state": "sent", "at": NOW.isoformat()})
        assert (refused.status_code, refused.json()["code"]) == (409, "message_withheld")


async def test_P13_without_consent_nothing_is_announced(client, database, announced, monkeypatch):
    """Until somebody has said something, the deployment says it by purpose: service is allowed, marketing is not."""
    assert message_settings().consents_by_default == ("service",)
    monkeypatch.setenv("PATRON_CONSENTS_BY_DEFAULT", "[]")
    message_settings.cache_clear()
    await open_file(client)
    await tell(database, acknowledged())
    [message] = await listed(client)
    assert (message["state"], message["reason"]) == ("withheld", "no_consent")
    assert not [event for event in await announced() if isinstance(event, MessageRequested)]


async def test_what_happened_long_ago_or_to_nobody_known_asks_for_no_message(client, database):
    await open_file(client)
    old = acknowledged(at=NOW - timedelta(hours=73))
    nobodys = acknowledged(customer_id=None, case_id=new_id())
    await tell(database, old, nobodys)
    assert await listed(client) == []
    await tell(database, acknowledged(at=NOW - timedelta(hours=71)))
    assert len(await listed(client)) == 1


async def test_a_sender_reports_what_became_of_a_message_and_the_latest_counts(client, database, announced):
    await open_file(client)
    await tell(database, acknowledged())
    [message] = await listed(client)
    url = f"{LIST}/{message['id']}/delivery"

    async def report(state: str, minutes: int) -> tuple[int, str]:
        at = (NOW + timedelta(minutes=minutes)).isoformat()
        answer = await client.post(url, json={"state": state, "at": at})
        return answer.status_code, answer.json().get("state") or answer.json()["code"]

    assert await report("sent", -1) == (422, "before_its_request")
    assert await report("sent", 1) == (201, "sent")
    assert await report("bounced", 5) == (201, "bounced")
    assert await report("sent", 2) == (201, "bounced")  # told late
    assert await report("bounced", 5) == (201, "bounced")  # told again
    assert await listed(client, state="requested") == []
    [shown] = await listed(client, state="bounced", customer_id=str(ANN))
    assert shown["state_at"] == "2026-03-02T09:05:00Z"
    events = [event for event in await announced() if isinstance(event, MessageDeliveryReported)]
    assert [event.state for event in events] == ["sent", "bounced", "sent"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"state": "eaten", "at": "2026-03-02T10:00:00Z"}, "literal_error"),
        ({"state": "sent"}, "missing"),
        ({"state": "sent", "at": "2126-03-02T10:00:00Z"}, "in_the_future"),
        ({"state": "sent", "at": "2026-03-02T10:00:00Z", "note": "x"}, "extra_forbidden"),
    ],
)
async def test_a_report_that_makes_no_sense_changes_nothing(client, database, body: dict[str, Any], code: str):
    await open_file(client)
    await tell(database, acknowledged())
    [message] = await listed(client)
    answer = await client.post(f"{LIST}/{message['id']}/delivery", json=body)
    assert answer.status_code == 422
    assert code in [answer.json()["code"], *(error["code"] for error in answer.json()["errors"])]
    assert (await listed(client))[0]["state"] == "requested"
    unknown = await client.get(f"{LIST}/{new_id()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "message_not_found")


async def test_the_feed_is_turned_by_its_cursor(client, database):
    await open_file(client)
    for number in range(5):
        await tell(database, acknowledged(case_id=UUID(int=100 + number)))
    ids, cursor = [], None
    while True:
        page = (await client.get(LIST, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        ids += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert len(ids) == 5
    assert ids == sorted(ids)


async def test_a_sender_may_fetch_and_report_and_nothing_else(client, database, as_role):
    await open_file(client)
    await tell(database, acknowledged())
    sender = as_role("sender")
    [message] = (await client.get(LIST, headers=sender)).json()["items"]
    assert (await client.get(f"{LIST}/{message['id']}", headers=sender)).json()["to"] == "ann@example.com"
    report = {"state": "sent", "at": NOW.isoformat()}
    assert (await client.post(f"{LIST}/{message['id']}/delivery", json=report, headers=sender)).status_code == 201
    assert (await client.get(f"/v1/customers/{ANN}", headers=sender)).status_code == 403
    agent = as_role("agent")
    assert (await client.get(LIST, headers=agent)).status_code == 200
    assert (await client.post(f"{LIST}/{message['id']}/delivery", json=report, headers=agent)).status_code == 403
    partner = as_role("partner", partner_id=new_id())
    assert (await client.get(LIST, headers=partner)).status_code in (403, 404)
    trail = await database.run(
        lambda tx: tx.raw.fetch("select actor, customer_id from access_trail where action = 'read_message'")
    )
    assert [tuple(row) for row in trail] == [("person:sender-1", ANN)]
