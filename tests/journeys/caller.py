"""What callers do at the gateway's door, a line each: report an order, take it back, ask. Every status is asserted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx

from tests.system import System

SETTLED_WITHIN_SECONDS = 60.0  # of a loaded machine; a quiet one needs a tenth of a second
NUMBERS = count(1)


def ago(**how_long: float) -> str:
    return (datetime.now(UTC) - timedelta(**how_long)).isoformat()


def now() -> str:
    return ago()


def new_code(prefix: str) -> str:
    """A code nobody used before: journeys of one module share a system, and must not meet."""
    return f"{prefix}-{next(NUMBERS)}"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def a_line(number: int, amount: str, quantity: int = 1, category: str = "tea") -> dict[str, Any]:
    return {"line": number, "sku": f"sku-{number}", "category": category, "quantity": quantity, "amount": amount}


@dataclass(frozen=True)
class Caller:
    """Somebody with a token (or a key, or nothing) who talks to the gateway over HTTP."""

    system: System
    headers: dict[str, str]

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        # No auth of the client's own: who has no token is nobody.
        return await self.system.gateway.request(method, path, headers=headers, auth=None, **more)

    async def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        answer = await self.send("GET", path, params=query or None)
        assert answer.status_code == expect, f"GET {path} {query}: {answer.status_code} {answer.text}"
        return answer.json()

    async def post(self, path: str, body: Any = None, *, status: int = 201, **headers: Any) -> Any:
        answer = await self.send("POST", path, json=body, headers=headers)
        assert answer.status_code == status, f"POST {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def refused(self, path: str, body: Any = None, *, status: int, code: str) -> Any:
        """The problem, whose code is the stable part of it (RFC 9457)."""
        problem = await self.post(path, body, status=status)
        assert problem["code"] == code, problem
        return problem

    async def place(self, ref: str, *amounts: str, at: str | None = None, **more: Any) -> dict[str, Any]:
        """An order of the customer that the caller calls `ref`: one line an amount, or lines of its own."""
        lines = [a_line(number, amount) for number, amount in enumerate(amounts, 1)]
        order: dict[str, Any] = await self.post("/v1/orders", an_order(ref, lines, at=at, **more), status=202)
        return order

    async def take_back(self, order: dict[str, Any], *pieces: tuple[int, int]) -> dict[str, Any]:
        """A return of (line, quantity) of an order; of its first line when none is said."""
        lines = [{"line": line, "quantity": quantity} for line, quantity in pieces or [(1, 1)]]
        body = {"return_id": new_code("R"), "returned_at": now(), "lines": lines}
        taken: dict[str, Any] = await self.post(f"/v1/orders/{order['id']}/returns", body)
        return taken

    async def settle(self) -> None:
        await self.system.settle(SETTLED_WITHIN_SECONDS)

    # --- what most journeys look at ---

    async def overview(self, customer: str) -> dict[str, Any]:
        overview: dict[str, Any] = await self.get(f"/v1/customers/{customer}/overview")
        return overview

    async def points(self, customer: str) -> tuple[int, int]:
        """Balance and debt; and the overview says the same."""
        points = await self.get(f"/v1/customers/{customer}/points")
        shown = (await self.overview(customer))["points"]
        assert shown == {"balance": points["balance"], "held": points["held"], "debt": points["debt"]}
        return points["balance"], points["debt"]

    async def tier(self, customer: str) -> str:
        """The tier now; and the overview says the same."""
        tier: str = (await self.get(f"/v1/customers/{customer}/tier"))["tier"]
        shown = (await self.overview(customer))["tier"]
        assert shown["tier"] == tier
        return tier


def an_order(ref: str, lines: Sequence[dict[str, Any]], *, at: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "order_id": more.pop("order_id", None) or new_code("O"),
        "customer": {"ref": ref},
        "placed_at": at or ago(minutes=5),
        "currency": "USD",
        "channel": "web",
        "lines": list(lines),
    } | more
