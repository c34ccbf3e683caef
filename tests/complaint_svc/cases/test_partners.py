"""What a partner may do with its own cases: file them and answer for its customers; it does not work them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.complaint_svc.cases.routes import complaints, steps
from services.complaint_svc.subscriptions import subscriptions
from shared.messaging import Database
from tests.complaint_svc.case_builders import CUSTOMER
from tests.complaint_svc.case_requests import STORY, known_to, registered

SERVICE = "complaint"

pytestmark = pytest.mark.usefixtures("sound")

PARTNER = UUID("018f0000-0000-7000-8000-0000000000d1")
ONE_CASE = "/v1/complaints/{complaint_id}"
# what a partner may do about a case; every other change of one is the business's own people's
ALLOWED = {("POST", f"{ONE_CASE}/acceptance")}


def changes_of_a_case() -> list[tuple[str, str]]:
    """Every route that changes one case, as the application has them: a new one is tested here without being named."""
    changes = {
        (method, route.path)
        for router in (complaints.router, steps.router)
        for route in router.routes
        for method in route.methods - {"GET", "HEAD"}
        if route.path.startswith(ONE_CASE)
    }
    assert len(changes) > 10
    return sorted(changes)


@pytest.fixture
def partner(as_role) -> dict[str, str]:
    return as_role("partner", partner_id=PARTNER)


@pytest.fixture
async def case(
    client: httpx.AsyncClient, known: None, partner: dict[str, str], database: Database, deliver: Any
) -> dict[str, Any]:
    """A case that the partner filed for a customer of its own."""
    await deliver(database, subscriptions, [known_to(PARTNER)])
    answer = await client.post("/v1/complaints", json=STORY | {"channel": "partner"}, headers=partner)
    assert answer.status_code == 201, answer.text
    filed: dict[str, Any] = answer.json()
    return filed


@pytest.fixture
def work(client: httpx.AsyncClient, case: dict[str, Any]) -> Callable[..., Any]:
    """One of the business's own people takes a step of the case."""

    async def take(name: str, body: Any = None, **how: Any) -> httpx.Response:
        answer = await client.post(f"/v1/complaints/{case['id']}/{name}", json=body or {}, **how)
        assert answer.status_code == 201, answer.text
        return answer

    return take


def in_case(path: str, case: dict[str, Any]) -> str:
    return path.replace("{complaint_id}", case["id"]).replace("{proposal_id}", case["id"])


@pytest.mark.parametrize(("method", "path"), changes_of_a_case())
async def test_G1_whatever_scopes_a_partner_comes_to_hold_it_works_no_case(
    client, case, as_role, method: str, path: str
) -> None:
    """The scope is one lock, being a partner another: a mistake in the roles alone opens nothing."""
    partner_id, scopes = PARTNER, ["complaints:work", "complaints:read"]
    headers = as_role("partner", partner_id=partner_id, scopes=scopes)
    answer = await client.request(method, in_case(path, case), json={}, headers=headers)
    assert answer.status_code in (403, 404), answer.text


@pytest.mark.parametrize(("method", "path"), changes_of_a_case())
async def test_G1_a_partner_does_not_work_its_own_case(client, partner, case, method: str, path: str) -> None:
    path = path.replace("{complaint_id}", case["id"])
    answer = await client.request(method, path, json={}, headers=partner)
    if (method, path.replace(case["id"], "{complaint_id}")) in ALLOWED:
        assert answer.status_code == 422  # it may, if it says what it answers
        return
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    unchanged = (await client.get(f"/v1/complaints/{case['id']}")).json()
    assert (unchanged["status"], len(unchanged["steps"]), unchanged["severity"]) == ("received", 1, "normal")


@pytest.mark.parametrize("role", ["agent", "manager", "head", "admin"])
async def test_G1_the_own_people_may_take_every_step(client, case, as_role, role: str) -> None:
    for method, path in changes_of_a_case():
        answer = await client.request(method, in_case(path, case), json={"nonsense": 1}, headers=as_role(role))
        assert answer.status_code == 422, path


@pytest.mark.parametrize("role", ["analyst", "auditor"])
async def test_G1_who_only_reads_takes_no_step(client, case, as_role, role: str) -> None:
    for method, path in changes_of_a_case():
        answer = await client.request(
            method, path.replace("{complaint_id}", case["id"]), json={}, headers=as_role(role)
        )
        assert answer.status_code == 403, path


@pytest.mark.parametrize(("accepted", "status"), [(True, "accepted"), (False, "refused")])
async def test_C2_a_partner_answers_a_proposal_for_its_customer(
    client, partner, case, work, as_role, accepted: bool, status: str
) -> None:
    await work("acknowledgement")
    await work("judgement", {"valid": True, "reason": "it is broken"})
    await work("proposals", {"text": "a new one", "points": 5})
    offered = (await client.get(f"/v1/complaints/{case['id']}", headers=partner)).json()
    assert (offered["next_steps"], offered["proposals"][0]["text"]) == (["acceptance"], "a new one")
    path, body = f"/v1/complaints/{case['id']}/acceptance", {"accepted": accepted, "reason": "she said so"}
    theirs = as_role("partner", partner_id=uuid4())
    foreign = await client.post(path, json=body, headers=theirs)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "complaint_not_found")
    answered = await client.post(path, json=body, headers=partner)
    assert (answered.status_code, answered.json()["status"]) == (201, status)
    assert answered.json()["steps"][-1]["note"] == "she said so", "what it wrote itself it may read"


async def test_C1_a_partner_reads_its_case_without_the_notes_of_the_own_people(client, partner, case, work) -> None:
    await work("pause", {"note": "secret: called twice"})
    await work("pause/end", {"note": "secret: she was angry"})
    await work("acknowledgement", {"note": "secret: spare part is late"})
    await work("judgement", {"valid": True, "reason": "secret: our own fault"})
    await work("proposals", {"text": "a new one"})
    await work("acceptance", {"accepted": True, "reason": "secret: she gave in"})
    await work("resolution", {"note": "secret: from the old stock"})
    await work("follow-up", {"satisfaction": 3, "comment": "secret: rude", "close": True})
    await work("reopening", {"reason": "secret: broken again"})
    seen = await client.get(f"/v1/complaints/{case['id']}", headers=partner)
    assert "secret" not in seen.text
    assert [step["step"] for step in seen.json()["steps"]][1:3] == ["pause", "resumption"]
    assert seen.json()["proposals"][0]["text"] == "a new one"
    everything = await client.get(f"/v1/complaints/{case['id']}")
    assert everything.text.count("secret") == 8


async def test_G1_a_partner_is_not_told_who_of_the_own_people_took_a_step(client, partner, case, work) -> None:
    await work("acknowledgement")
    steps = (await client.get(f"/v1/complaints/{case['id']}", headers=partner)).json()["steps"]
    assert [step["by"] for step in steps] == ["partner-1", None]
    everything = (await client.get(f"/v1/complaints/{case['id']}")).json()["steps"]
    assert [step["by"] for step in everything] == ["partner-1", "admin-1"]


async def test_G1_a_partner_files_and_lists_for_its_own_customers_only(
    client, partner, case, database, deliver
) -> None:
    foreign, unknown = uuid4(), uuid4()
    await deliver(database, subscriptions, [registered(foreign), known_to(uuid4(), foreign)])
    for customer_id in (foreign, unknown):
        body = STORY | {"channel": "partner", "customer": {"id": str(customer_id)}}
        filed = await client.post("/v1/complaints", json=body, headers=partner)
        assert (filed.status_code, filed.json()["code"]) == (404, "customer_not_found")
        listed = await client.get("/v1/complaints", params={"customer_id": str(customer_id)}, headers=partner)
        assert (listed.status_code, listed.json()["code"]) == (404, "customer_not_found")
    own = (await client.get("/v1/complaints", params={"customer_id": str(CUSTOMER)}, headers=partner)).json()
    assert [line["id"] for line in own["items"]] == [case["id"]]
    nobody = await client.post("/v1/complaints", json=STORY | {"customer": None}, headers=partner)
    assert nobody.status_code == 201, "a case of nobody known is for everybody to file"


async def test_G1_a_partner_sees_nothing_of_approvals_and_not_who_proposed(
    client, partner, case, work, as_role
) -> None:
    await work("acknowledgement")
    await work("judgement", {"valid": True, "reason": "it is broken"})
    path = f"/v1/complaints/{case['id']}"
    body = {"text": "much for the trouble", "points": 700}
    waiting = await client.post(f"{path}/proposals", json=body, headers=as_role("agent"))
    assert waiting.status_code == 202
    seen = (await client.get(path, headers=partner)).json()
    assert (seen["approvals"], seen["proposals"], "much" in str(seen)) == ([], [], False)
    filtered = await client.get("/v1/complaints", params={"awaits_approval": False}, headers=partner)
    assert [item["id"] for item in filtered.json()["items"]] == [case["id"]], "the filter tells it nothing"
    approval = waiting.json()["approvals"][0]["id"]
    await work(f"proposals/{approval}/approval", headers=as_role("manager"))
    [proposed] = (await client.get(path, headers=partner)).json()["proposals"]
    assert (proposed["text"], proposed["proposed_by"], proposed["approved_by"]) == (body["text"], None, None)
