"""Records requests with their answers as examples of the contract; ids are numbered, so that runs are alike."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.contract.documents import public, resolved
from tests.journeys.caller import SETTLED_WITHIN_SECONDS
from tests.system import System

UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIRST_ID = UUID("0199f000-0000-7000-8000-000000000001")
HEADERS_SHOWN = ("ETag", "Location")
DECLARED = ("allow", "etag", "idempotency-replayed", "location", "retry-after", "www-authenticate", "x-request-id")


@dataclass
class Recorder:
    """Sends requests of the operations of the public contract, and keeps what was sent and answered."""

    system: System
    examples: dict[str, dict[str, Any]] = field(default_factory=dict)
    _numbers: dict[str, str] = field(default_factory=dict)

    async def send(
        self,
        operation_id: str,
        summary: str,
        *,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
        status: int,
    ) -> Any:
        """The answer's body. The example is kept under the operation's id, with numbers in the place of ids."""
        method, template, operation = find_operation(operation_id)
        content = {"content": body} if isinstance(body, str) else {} if body is None else {"json": body}
        sent = dict(headers or {})
        if isinstance(body, str):
            sent["Content-Type"] = "application/x-ndjson"
        answer = await self.system.gateway.request(
            method,
            template.format(**path or {}),
            params=query,
            headers=sent,
            **content,  # type: ignore[arg-type]
        )
        assert answer.status_code == status, f"{operation_id}: {answer.status_code} {answer.text}"
        check_headers(operation, answer)
        if method != "GET":
            await self.system.settle(SETTLED_WITHIN_SECONDS)  # else what follows from it comes sooner or later
        read = answer.text if "ndjson" in answer.headers["Content-Type"] else answer.json()
        request = {"path": path, "query": query, "headers": headers, "body": body}
        shown = {name: answer.headers[name] for name in HEADERS_SHOWN if name in answer.headers}
        response = {"status": status, "headers": shown, "body": read}
        self.examples[operation_id] = {
            "operation": f"{method} {template}",
            "summary": summary,
            "request": self._numbered({name: value for name, value in request.items() if value is not None}),
            "response": self._numbered({name: value for name, value in response.items() if value != {}}),
        }
        return read

    def _numbered(self, value: Any) -> Any:
        """The value with each id replaced by its number, in the order in which ids were seen."""
        text = json.dumps(value, ensure_ascii=False)
        return json.loads(UUID_TEXT.sub(lambda match: self._number(match.group()), text))

    def _number(self, text: str) -> str:
        return self._numbers.setdefault(text, str(UUID(int=FIRST_ID.int + len(self._numbers))))


def find_operation(operation_id: str) -> tuple[str, str, dict[str, Any]]:
    """Method, path and description of an operation of the public contract."""
    for path, item in public()["paths"].items():
        for method, operation in item.items():
            if operation["operationId"] == operation_id:
                return method.upper(), path, operation
    raise LookupError(operation_id)


def check_headers(operation: dict[str, Any], answer: httpx.Response) -> None:
    """What an answer says in headers that the contract knows is declared for this operation and status."""
    declared = resolved(public(), operation["responses"][str(answer.status_code)])["headers"]
    names = {name.lower() for name in declared}
    sent = {name for name in answer.headers if name.startswith("ratelimit-") or name in DECLARED}
    assert sent <= names, f"{operation['operationId']} does not declare {sent - names}"


def write(examples: dict[str, dict[str, Any]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.json"):
        file.unlink()
    for name, example in examples.items():
        (folder / f"{name}.json").write_text(json.dumps(example, indent=2, ensure_ascii=False) + "\n")
