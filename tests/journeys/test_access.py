"""Who may do what at the gateway (G1): a table by hand, no token, an expired one, and ids that nobody has."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest

from services.gateway.access.routes import rate_limit
from tests.journeys.caller import Caller, new_code
from tests.journeys.conftest import SignIn

ROLES = ("agent", "manager", "head", "analyst", "auditor", "partner", "admin")

READERS = frozenset(ROLES)
STAFF = READERS - {"partner"}
DESK = frozenset({"agent", "manager", "head", "admin"})
SELLERS = frozenset({"manager", "head", "partner", "admin"})
HEADS = frozenset({"head", "admin"})

READS: dict[str, frozenset[str]] = {
    "/v1/customers": READERS,
    "/v1/customers/{customer}": READERS,
    "/v1/customers/{customer}/overview": READERS,
    "/v1/customers/{customer}/overview?fresh=true": READERS,
    "/v1/customers/{customer}/orders": READERS,
    "/v1/customers/{customer}/tier": READERS,
    "/v1/customers/{customer}/tier/history": READERS,
    "/v1/customers/{customer}/tier/explanation": READERS,
    "/v1/customers/{customer}/indicators": READERS,
    "/v1/customers/{customer}/points": READERS,
    "/v1/customers/{customer}/points/entries": READERS,
    "/v1/customers/{customer}/indicators/months?from=2026-01&to=2026-02": READERS,
    "/v1/customers/{customer}/team": STAFF,
    "/v1/customers/{customer}/contact-log": STAFF,
    "/v1/customers/{customer}/parent": STAFF,
    "/v1/customers/{customer}/group": STAFF,
    "/v1/orders/{order}": READERS,
    "/v1/complaints": READERS,
    "/v1/complaints?customer_id={customer}": READERS,
    "/v1/pyramid": STAFF,
    "/v1/evaluations": STAFF,
    "/v1/tier-policies": STAFF,
    "/v1/points/liability": STAFF,
    "/v1/employees": STAFF,
    "/v1/calls/pop?number=12065550100": STAFF,
    "/v1/calls/statistics": STAFF,
    "/v1/deadline-rules": STAFF,
    "/v1/adjustments": HEADS,
    "/v1/partners": frozenset({"admin"}),
}
# Bodies that are not sensible: whoever may is refused for what it says (422), whoever may not before it is read (403).
WRITES: dict[str, frozenset[str]] = {
    "/v1/orders": SELLERS,
    "/v1/orders/{order}/returns": SELLERS,
    "/v1/orders/{order}/deliveries": SELLERS,
    "/v1/orders/{order}/cancellation": SELLERS,
    "/v1/receivables": SELLERS,
    "/v1/payments": SELLERS,
    "/v1/customers": DESK,
    "/v1/complaints": DESK | {"partner"},
    "/v1/complaints/{case}/judgement": DESK,
    "/v1/complaints/{case}/acceptance": DESK | {"partner"},
    "/v1/customers/{customer}/points/redemptions": DESK,
    "/v1/customers/{customer}/points/holds": DESK,
    "/v1/customers/{customer}/points/adjustments": HEADS,
    "/v1/customers/{customer}/points/transfers": HEADS,
    "/v1/customers/{customer}/team": DESK - {"agent"},
    "/v1/customers/{customer}/contact-log": DESK,
    "/v1/customers/{customer}/tier/overrides": HEADS,
    "/v1/employees": HEADS,
    "/v1/call-events": DESK,
    "/v1/tier-policies": frozenset({"analyst", "admin"}),
    "/v1/evaluations": HEADS | {"analyst"},
    "/v1/programmes": frozenset({"analyst", "admin"}),
    "/v1/partners": frozenset({"admin"}),
}
UNKNOWN = (
    "/v1/customers/{id}",
    "/v1/customers/{id}/overview",
    "/v1/customers/{id}/overview?fresh=true",
    "/v1/customers/{id}/orders",
    "/v1/customers/{id}/team",
    "/v1/customers/{id}/contact-log",
    "/v1/customers/{id}/parent",
    "/v1/customers/{id}/group",
    "/v1/customers/{id}/tier",
    "/v1/customers/{id}/tier/history",
    "/v1/customers/{id}/tier/explanation",
    "/v1/customers/{id}/indicators",
    "/v1/customers/{id}/points",
    "/v1/customers/{id}/points/entries",
    "/v1/customers/{id}/points/lots",
    "/v1/orders/{id}",
    "/v1/complaints/{id}",
    "/v1/evaluations/{id}",
    "/v1/tier-policies/{id}",
    "/v1/holds/{id}",
    "/v1/partners/{id}",
    "/v1/nothing-of-the-kind",
    "/v1/customers/{id}/nothing-of-the-kind",
)


@pytest.fixture
async def everybody(admin: Caller, sign_in: SignIn) -> dict[str, Caller]:
    """Somebody of each role; the partner is a person of one."""
    partner = await admin.post("/v1/partners", {"code": new_code("dealer"), "name": "A dealer"})
    people = {role: await sign_in(role) for role in ROLES if role != "partner"}
    return people | {"partner": await sign_in("partner", partner_id=partner["id"])}


@pytest.fixture
async def places(admin: Caller, everybody: dict[str, Caller]) -> dict[str, str]:
    """Ids for the paths: the partner's own customer, so that only the role decides."""
    order = await everybody["partner"].place(new_code("A"), "100.00")
    await admin.settle()
    customer = order["customer_id"]
    filed = {"channel": "partner", "category": "delivery", "what_happened": "Late."}
    case = await everybody["partner"].post("/v1/complaints", filed | {"customer": {"id": customer}})
    return {"customer": customer, "order": order["id"], "case": case["id"]}


async def test_G1_who_may_read_what(everybody: dict[str, Caller], places: dict[str, str]) -> None:
    wrong = []
    for path, readers in READS.items():
        for role, caller in everybody.items():
            status = (await caller.send("GET", path.format(**places))).status_code
            # what is the company's own is not there for a partner; at the gateway only collections are forbidden
            refusal = 404 if role == "partner" and path.startswith("/v1/customers/") else 403
            if status != (200 if role in readers else refusal):
                wrong.append(f"{role} GET {path}: {status}")
    assert not wrong, "\n".join(wrong)


async def test_G1_who_may_change_what(everybody: dict[str, Caller], places: dict[str, str]) -> None:
    wrong = []
    for path, writers in WRITES.items():
        for role, caller in everybody.items():
            answer = await caller.send("POST", path.format(**places), json={"not": "sensible"})
            if answer.status_code != (422 if role in writers else 403):
                wrong.append(f"{role} POST {path}: {answer.status_code} {answer.json()['code']}")
    assert not wrong, "\n".join(wrong)


async def test_G1_without_a_token_with_a_bad_one_and_with_an_old_one_nothing_opens(
    nobody: Caller, admin: Caller, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "HELD_SECONDS", 0.0)  # who is refused often waits, which is tested elsewhere
    presented = {
        "unauthenticated": {},
        "token_invalid": {"Authorization": f"Bearer {unsigned(admin)}"},
        "token_expired": {"Authorization": f"Bearer {expired(admin)}"},
    }
    paths = [("GET", path) for path in READS] + [("POST", path) for path in WRITES]
    for code, headers in presented.items():
        for method, path in paths:
            answer = await nobody.send(method, path.format(**places), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, code), f"{method} {path}"
            assert answer.headers["www-authenticate"] == "Bearer"
    basic = await nobody.send("GET", "/v1/customers", headers={"Authorization": "Basic admin"})
    assert basic.status_code == 401


def claims_of(admin: Caller) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(
        admin.headers["Authorization"].removeprefix("Bearer "), options={"verify_signature": False}
    )
    return claims


def expired(admin: Caller) -> str:
    """An admin's token as the gateway itself would have signed it yesterday."""
    keys = admin.system.keys.directory
    own = keys / "people.private.pem"
    key = (own if own.exists() else keys / "gateway.private.pem").read_bytes()
    yesterday = int((datetime.now(UTC) - timedelta(days=1)).timestamp())
    return jwt.encode(claims_of(admin) | {"iat": yesterday - 60, "exp": yesterday}, key, algorithm="EdDSA")


def unsigned(admin: Caller) -> str:
    return jwt.encode(claims_of(admin), "", algorithm="none")


async def test_G1_an_id_that_nobody_has_is_not_there_for_anybody(everybody: dict[str, Caller]) -> None:
    """404 for those who may look, and for a partner the same as for what is somebody else's; never 500, never 403."""
    for role in ("admin", "auditor"):
        for path in UNKNOWN:
            if role == "auditor" and path.startswith("/v1/partners"):
                continue
            answer = await everybody[role].send("GET", path.format(id=uuid4()))
            assert (answer.status_code, answer.json()["status"]) == (404, 404), f"{role} {path}: {answer.text}"
    for path in UNKNOWN[:14]:
        answer = await everybody["partner"].send("GET", path.format(id=uuid4()))
        assert answer.status_code == 404, f"{path}: {answer.text}"


async def test_G1_an_id_that_is_none_is_refused_without_a_trace(admin: Caller) -> None:
    for path in UNKNOWN[:14]:
        answer = await admin.send("GET", path.format(id="not-an-id"))
        assert answer.status_code in (404, 422), f"{path}: {answer.text}"
        assert "Traceback" not in answer.text
