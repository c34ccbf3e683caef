"""The contract of the whole: the services' OpenAPI documents merged into the gateway's own."""

import asyncio
import json
import time
from functools import cache
from pathlib import Path

import structlog
from jinja2 import Environment, FileSystemLoader

from shared.chassis import Service
from shared.chassis.contract.examples import Example, with_examples
from shared.chassis.contract.merging import Document, merge
from shared.chassis.problems import TITLES

log = structlog.get_logger(__name__)

AREA = Path(__file__).parent
INTRODUCTION = (AREA / "introduction.md").read_text()
SERVICES = ("profile", "tiering", "complaint", "loyalty")
COMPLETE_SECONDS = 300.0  # how long a merge that has everybody's part is kept
INCOMPLETE_SECONDS = 5.0
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
    """The merged OpenAPI document; merged again now and then, because services are replaced one by one."""

    def __init__(self) -> None:
        self._until = 0.0
        self._document: Document = {}

    async def read(self, service: Service, own: Document) -> Document:
        """The document of the whole; `own` is the gateway's. A service that does not answer is left out for 5 s."""
        if time.monotonic() >= self._until:
            answers = await asyncio.gather(*[_read_document(service, name) for name in SERVICES])
            documents = {name: answer for name, answer in zip(SERVICES, answers, strict=True) if answer is not None}
            self._document = with_examples(merge(own, documents), examples())
            self._until = time.monotonic() + (
                COMPLETE_SECONDS if len(documents) == len(SERVICES) else INCOMPLETE_SECONDS
            )
        return self._document


async def _read_document(service: Service, name: str) -> Document | None:
    try:
        answer = await service.clients.internal(name).get("/openapi.json", timeout=READ_SECONDS)
        answer.raise_for_status()
        document: Document = answer.json()
    except Exception as error:  # whatever is wrong with a part, the others are shown
        log.warning("a_part_of_the_contract_is_missing", part=name, error=type(error).__name__)
        return None
    return document
