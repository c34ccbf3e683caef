"""The demo's way in: the gateway's public API and nothing else, with a development token that may write history."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from types import TracebackType
from typing import Any

import httpx
import orjson

from shared.http import new_client

RETRY_SECONDS = 60.0
AUTHOR, APPROVER = "demo", "demo-approver"  # two people: what one gives beyond its limits, the other approves
RETRYABLE_STATUSES = frozenset({401, 429, 502, 503, 504})  # a token that ran out, and what passes by itself
NDJSON = {"Content-Type": "application/x-ndjson"}


class RequestRefused(RuntimeError):
    """The gateway refused something that the demo sent: a fault of the demo, or of the deployment's settings."""

    def __init__(self, request: str, status: int, body: bytes) -> None:
        try:
            problem = orjson.loads(body)
        except orjson.JSONDecodeError:
            problem = {}
        self.status = status
        self.code = problem.get("code", "") if isinstance(problem, dict) else ""
        super().__init__(f"{request}: {status} {body[:400].decode(errors='replace')}")


class Gateway:
    """A client of the public API.

    Everything sent here may be sent again: it has an id of its own, or a key that makes it the same request.
    """

    def __init__(self, url: str) -> None:
        self._http = new_client(url)
        self._tokens: dict[str, str] = {}

    async def __aenter__(self) -> "Gateway":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: str) -> Any:
        return orjson.loads(await self._call("GET", path, params=query))

    async def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None, subject: str = AUTHOR) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        content = orjson.dumps(body)
        return orjson.loads(await self._call("POST", path, subject=subject, content=content, headers=headers))

    async def post_orders(self, ndjson: bytes) -> Sequence[Mapping[str, Any]]:
        """The results, one an order, in order. All of the demo's orders are good, so a refusal is an error."""
        return await self._post_lines("/v1/orders:batch", ndjson, "an order", {202})

    async def post_files(self, ndjson: bytes) -> list[str]:
        """The customers' ids, in order. A file that is there already stays as it is."""
        results = await self._post_lines("/v1/customers:batch", ndjson, "a customer's file", {200, 201, 409})
        return [str(result.get("id") or result["customer_id"]) for result in results]

    async def _post_lines(
        self, path: str, ndjson: bytes, subject: str, expected: Set[int]
    ) -> Sequence[Mapping[str, Any]]:
        answer = await self._call("POST", path, content=ndjson, headers=NDJSON)
        results: list[Mapping[str, Any]] = [orjson.loads(line) for line in answer.splitlines()]
        for result in results:
            if result["status"] not in expected:
                raise RequestRefused(subject, result["status"], orjson.dumps(result))
        return results

    async def _call(
        self, method: str, path: str, *, subject: str = AUTHOR, headers: Mapping[str, str] | None = None, **request: Any
    ) -> bytes:
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + RETRY_SECONDS, 0.1
        while True:
            try:
                if not self._tokens.get(subject):
                    self._tokens[subject] = await self._development_token(subject)
                signed = {"Authorization": f"Bearer {self._tokens[subject]}", **(headers or {})}
                answer = await self._http.request(method, path, headers=signed, timeout=RETRY_SECONDS, **request)
            except httpx.TransportError as error:
                if loop.time() > deadline:
                    raise RuntimeError(f"the gateway does not answer ({type(error).__name__})") from error
            else:
                if answer.is_success:
                    return answer.content
                if answer.status_code not in RETRYABLE_STATUSES or loop.time() > deadline:
                    raise RequestRefused(f"{method} {path}", answer.status_code, answer.content)
                if answer.status_code == 401:
                    self._tokens[subject] = ""
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def _development_token(self, subject: str) -> str:
        answer = await self._http.post("/dev/token", json={"role": "admin", "subject": subject})
        if answer.status_code == 404:
            raise RequestRefused("a development token (PATRON_DEV_ISSUER is off)", 404, answer.content)
        if answer.is_error:
            raise httpx.ConnectError(f"no token ({answer.status_code})")
        return str(answer.json()["access_token"])
