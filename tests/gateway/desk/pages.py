"""The desk's pages with services behind them that a test plays: what they answer, who is away, who hangs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from shared.chassis import Ports
from shared.messaging import Database
from tests import harness

ID = "01890000-0000-7000-8000-000000000001"
NAMES = {"en": "Gold", "zh": "金卡"}
EVIL = "<script>alert('x')</script>"


def level(**more: Any) -> dict[str, Any]:
    return {
        "tier": "gold", "name": NAMES, "rank": 1, "customers": 7, "share_of_customers": "7.0", "revenue": "1234.50",
        "share_of_revenue": "60.0", "profit": None, "came_up": 2, "came_down": 0, "new": 1,
    } | more  # fmt: skip


PYRAMID = {
    "customers": 100, "revenue": "2000.00", "window": {"from": "2025-12", "to": "2026-11"}, "last_review": None,
    "policy": {"name": {"en": "Annual spend", "zh": "年度消费"}, "version": 1}, "levels": [level(), level(rank=0)],
}  # fmt: skip
OVERVIEW = {
    "customer": {
        "id": ID, "kind": "person", "names": [{"name": EVIL}], "region": None, "industry": None, "completeness": 30,
        "registered_at": "2026-01-01T00:00:00Z",
    },
    "account_manager": None,
    "orders": {"revenue": "10.00", "count": 1, "returned": "0.00", "returns": 0, "last_at": None},
    "points": {"balance": 5, "held": 0, "debt": 0},
    "receivables": {"outstanding": "0.00", "overdue": "0.00"},
    "key_account": {"kinds": ["strategic", "group"], "since": "2026-01-01T00:00:00Z"},
    "exclusion": {"since": "2026-01-02T00:00:00Z"},
    "risks": [{"id": ID, "risk": "churn", "since": "2026-01-03T00:00:00Z"}],
}  # fmt: skip
CASE = {
    "id": "case-1", "customer_id": ID, "kind": "complaint", "category": "delivery", "severity": "high",
    "status": "received", "next_due_at": "2026-01-01T00:00:00Z", "filed_at": "2026-01-01T00:00:00Z",
    "what_happened": EVIL,
    "deadlines": [{"stage": "solution", "state": "breached", "due_at": "2026-01-01T00:00:00Z"}],
}  # fmt: skip
WARNING = {
    "id": "warning-1", "customer_id": ID, "severity": "red", "state": "open", "owner": EVIL,
    "as_of": "2026-01-01T00:00:00Z", "rule": {"name": {"en": "Silent", "zh": "客户沉默"}},
    "words": {"en": "No order for 22 days.", "zh": "已22天没有下单。"},
}  # fmt: skip
STAGE = {
    "stage": {"words": {"en": "Dormant: no order.", "zh": "休眠期。"}},
    "relationship": {"words": {"en": "Proactive: few customers.", "zh": "能动型。"}},
}
STAGES = {
    "as_of": "2026-01-01T00:00:00Z",
    "stages": [{"stage": "lost", "name": {"en": "Lost", "zh": "流失"}, "customers": 1234}],
}
ANSWERS: dict[str, Any] = {
    "/v1/warnings": {"items": [WARNING]},
    "/v1/stages": STAGES,
    f"/v1/customers/{ID}/stage": STAGE,
    "/v1/pyramid": PYRAMID,
    "/v1/pyramid/movers": {
        "moved": {"up": 7, "down": 0, "placed": 1},
        "items": [{"customer_id": ID, "way": "up", "from_tier": "iron", "to_tier": "gold"}],
    },
    "/v1/complaints": {"items": [CASE]},
    "/v1/complaints/case-1": CASE,
    "/v1/customers": {"items": [{"id": ID, "name": EVIL, "tier": "gold", "kind": "person", "region": None}]},
    f"/v1/customers/{ID}/overview": OVERVIEW,
    f"/v1/customers/{ID}/tier": {"name": NAMES, "rank": 1, "since": "2026-01-01T00:00:00Z", "next": None},
    f"/v1/customers/{ID}/tier/explanation": {"words": "Gold since 2026-01-01: raised at once by an order."},
    f"/v1/customers/{ID}/tier/history": {"items": []},
    f"/v1/customers/{ID}/points": {"balance": 5, "held": 0, "debt": 0, "expiring": []},
}  # fmt: skip


class ServicesBehind:
    """The services behind the desk: some are away, some hang."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.hung: set[str] = set()
        self.requests: list[httpx.Request] = []
        self.answers: dict[str, Any] = dict(ANSWERS)

    def transport(self, service: str) -> httpx.AsyncBaseTransport:
        async def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            if service in self.away:
                raise httpx.ConnectError("away")
            if service in self.hung:
                await asyncio.sleep(30)
            content = self.answers.get(request.url.path)
            return httpx.Response(404, json={}) if content is None else httpx.Response(200, json=content)

        return httpx.MockTransport(answer)


@pytest.fixture
def behind() -> ServicesBehind:
    return ServicesBehind()


@pytest.fixture
async def browser(database: Database, keys: harness.Keys, behind: ServicesBehind) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(behind, database, keys) as client:
        yield client


@asynccontextmanager
async def browser_of(
    behind: ServicesBehind, database: Database, keys: harness.Keys
) -> AsyncIterator[httpx.AsyncClient]:
    create = harness.part_of("gateway", "app").create_app
    ports = Ports(database=database, running=False, logs=False, transport=behind.transport)
    app = create(harness.settings_of("gateway", database.url, keys.directory), ports)
    async with harness.client_of(app, None) as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, role: str = "manager") -> httpx.Response:
    return await browser.post("/desk/sign-in", data={"role": role})
