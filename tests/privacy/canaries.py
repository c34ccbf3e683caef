"""Canaries: a text that nobody else writes, put into every text field of a request; where it is found later, something
that a caller wrote was kept."""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx

from tests.privacy.text_fields import Contract, Operation, get, put, remove

WORDS = "kanarienvogel"
DIGITS = "8613977"
CANARY = re.compile(rf"{WORDS} \d+|{DIGITS}\d{{6}}")
TRIES = 60
NDJSON = {"Content-Type": "application/x-ndjson"}


@dataclass
class Reached:
    """How a field was reached: with a canary, or (`as_code`) with a code, because it takes no other."""

    canary: set[tuple[str, str, str]] = field(default_factory=set)
    as_code: set[tuple[str, str, str]] = field(default_factory=set)

    @property
    def every(self) -> set[tuple[str, str, str]]:
        return self.canary | self.as_code


class CanaryCaller:
    """Sends requests with a canary in each text field of their schema.

    What a test gives are ids, instants, amounts and words of closed sets; and, for text fields that only take what
    exists (a tier, an employee), what stands in when the canary is refused at just that field.
    """

    def __init__(self, contract: Contract, client: httpx.AsyncClient, headers: Mapping[str, str]) -> None:
        self.contract = contract
        self.client = client
        self.headers = dict(headers)
        self.reached = Reached()
        self.accepted: dict[tuple[str, str], Any] = {}  # by method and path the last body that was accepted
        self.numbers = count(1)

    def canary(self, pattern: str | None) -> str:
        """A canary of its own: words, or, where a code is expected, what has the form of a telephone number."""
        number = next(self.numbers)
        return f"{WORDS} {number}" if pattern is None else f"{DIGITS}{number:06}"

    async def send(
        self, method: str, path: str, given: Mapping[str, Any] | None = None, *, by: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (), only: tuple[str, ...] = ("",), headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None, **ids: str,
    ) -> Any:  # fmt: skip
        """Send the operation of this path (as the contract spells it), with all its text fields but `without`, or with
        those below `only`."""
        operation = self.contract.operations[method, path]
        body: Any = copy.deepcopy(dict(given or {}))
        canaries = self._fill(operation, body, without, only)
        url = path.format(**{name: quote(value) for name, value in ids.items()})
        as_codes: set[str] = set()
        for _ in range(TRIES):
            key = {"Idempotency-Key": f"{WORDS}-{next(self.numbers)}"}
            answer = await self.client.request(
                method, url, headers=dict(by or self.headers) | key | dict(headers or {}), auth=None,
                params=query, **({} if operation.schema is None else {"json": body}),
            )  # fmt: skip
            if answer.is_success:
                self.reached.canary |= {(method, path, pointer) for pointer in canaries}
                self.reached.as_code |= {(method, path, pointer) for pointer in as_codes}
                self.accepted[method, path] = body
                return answer.json() if answer.content else None
            refused = [
                p for p in _pointers(answer) if any(c == p or c.startswith(f"{p}/") for c in (*canaries, *as_codes))
            ]
            assert refused, f"{method} {url}: {answer.status_code} {answer.text[:700]}\n{body}"
            for pointer in refused:
                self._give_way(pointer, body, given or {}, canaries, as_codes)
        raise AssertionError(f"{method} {url} is refused again and again: {answer.text[:600]}")

    async def send_lines(self, path: str, lines: Sequence[Any]) -> list[Any]:
        """Send lines of NDJSON, each with a key of its own; the result of each."""
        answer = await self.client.request(
            "POST", path, content="\n".join(map(json.dumps, lines)), auth=None,
            headers=self.headers | NDJSON | {"Idempotency-Key": f"{WORDS}-{next(self.numbers)}"},
        )  # fmt: skip
        assert answer.is_success, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def renewed(self, body: Any) -> Any:
        """The same body with other canaries."""

        def another(canary: re.Match[str]) -> str:
            return self.canary(None if canary[0].startswith(WORDS) else "a code")

        return json.loads(CANARY.sub(another, json.dumps(body)))

    def _give_way(
        self, pointer: str, body: Any, given: Mapping[str, Any], canaries: dict[str, str | None], as_codes: set[str]
    ) -> None:
        """The canary was refused at just this place: what was given stands in, or any code; else the field goes."""
        if pointer not in canaries:
            below = [p for p in (*canaries, *as_codes) if p == pointer or p.startswith(f"{pointer}/")]
            stand_ins = {p: get(given, p) for p in below if p in canaries and get(given, p) is not None}
            for place, value in stand_ins.items():
                put(body, place, value)
                canaries.pop(place)
                as_codes.add(place)
            if not stand_ins:
                for place in below:
                    canaries.pop(place, None)
                    as_codes.discard(place)
                remove(body, pointer)
            return
        pattern = canaries.pop(pointer)
        stand_in = get(given, pointer) or ("x1" if pattern is not None else None)
        if stand_in is None:
            remove(body, pointer)
        else:
            put(body, pointer, stand_in)
            as_codes.add(pointer)

    def _fill(
        self, operation: Operation, body: Any, without: tuple[str, ...], only: tuple[str, ...]
    ) -> dict[str, str | None]:
        canaries: dict[str, str | None] = {}
        for text in operation.fields:
            if text.pointer and text.pointer.startswith(only) and not text.pointer.startswith(without):
                put(body, text.pointer, self.canary(text.pattern))
                canaries[text.pointer] = text.pattern
        return canaries


def _pointers(answer: httpx.Response) -> list[str]:
    problem = answer.json()
    pointers = [error.get("pointer") for error in problem.get("errors", ())] or [problem.get("pointer")]
    return [pointer for pointer in pointers if pointer]
