"""The contract of the whole: the services' OpenAPI documents merged into the gateway's own."""

import asyncio
import json
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import structlog
from jinja2 import Environment, FileSystemLoader

from shared.chassis import Refused, Service
from shared.chassis.contract.examples import Example, with_examples
from shared.chassis.contract.merging import Document, merge
from shared.chassis.problems import TITLES

log = structlog.get_logger(__name__)

AREA = Path(__file__).parent
INTRODUCTION = (AREA / "introduction.md").read_text()
SERVICES = ("profile", "tiering", "complaint", "loyalty")
FRESH_SECONDS = 300.0  # how long a merge of what everybody just said is kept
RETRY_SECONDS = 5.0  # and one with a part that was kept from before, or none at all
READ_SECONDS = 2.0


@cache
def examples() -> dict[str, Example]:
    """Examples by operation, of `examples.json`, which `python -m tools.contracts` makes of docs/openapi/examples."""
    recorded: dict[str, Example] = json.loads((AREA / "examples.json").read_text())
    return recorded


@cache
def error_codes_page() -> str:
    """The page of error codes, of `error_codes.json`, which `python -m tools.contracts` makes from the code."""
    template = Environment(loader=FileSystemLoader(AREA / "templates"), autoescape=True).get_template("errors.html")
    return template.render(**json.loads((AREA / "error_codes.json").read_text()), titles=TITLES)


class MergedContract:
    """The merged OpenAPI document; merged again now and then, because services are replaced one by one.

    It is whole or not there: of a service that is away, the part it answered with last is kept.
    """

    def __init__(self) -> None:
        self._until = 0.0
        self._parts: dict[str, Document] = {}  # what each service answered last
        self._document: Document = {}
        self._lock = asyncio.Lock()

    async def read(self, service: Service, own: Document) -> Document:
        """The document of the whole; `own` is the gateway's. Refused 503 `contract_not_whole` while a service is away
        that has not told its part since this process started."""
        async with self._lock:  # one question at a time, however many ask
            if time.monotonic() >= self._until:
                await self._merge(service, own)
            missing = [name for name in SERVICES if name not in self._parts]
            if missing:
                raise contract_not_whole(missing)
            return self._document

    async def _merge(self, service: Service, own: Document) -> None:
        answers = await asyncio.gather(*[_read_document(service, name) for name in SERVICES])
        received = {name: answer for name, answer in zip(SERVICES, answers, strict=True) if answer is not None}
        if not self._document or any(self._parts.get(name) != part for name, part in received.items()):
            self._parts |= received
            if len(self._parts) == len(SERVICES):
                self._document = with_examples(merge(own, self._parts), examples())
        self._until = time.monotonic() + (FRESH_SECONDS if len(received) == len(SERVICES) else RETRY_SECONDS)


def contract_not_whole(missing: Sequence[str]) -> Refused:
    """503 to who asks for the contract while parts of it are not known: half of it would say that the rest is gone."""
    return Refused(
        503,
        "contract_not_whole",
        "A part of the contract can not be read for the moment.",
        headers={"Retry-After": str(int(RETRY_SECONDS))},
        missing=list(missing),
    )


async def _read_document(service: Service, name: str) -> Document | None:
    try:
        answer = await service.clients.internal(name).get("/openapi.json", timeout=READ_SECONDS)
        answer.raise_for_status()
        document: Document = answer.json()
        if not isinstance(document.get("paths"), dict):
            raise ValueError("not a contract")
    except Exception as error:  # whatever is wrong with a part, the others are shown
        log.warning("a_part_of_the_contract_is_missing", part=name, error=type(error).__name__)
        return None
    return document
