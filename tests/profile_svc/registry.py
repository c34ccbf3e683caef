"""The gateway's registry of references as profile meets it: its two questions over HTTP, and the ways it fails."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.chassis.access.tokens import Verifier
from shared.events import CustomerReferenceRegistered
from tests import harness

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class RegistryStandIn:
    """Holds references, and answers `GET /internal/references` as the gateway does. `away` and `hanging` are its bad
    days."""

    def __init__(self, keys: harness.Keys) -> None:
        self.verifier = Verifier("gateway", keys.directory)
        self.references: dict[tuple[str, str], UUID] = {}
        self.questions: list[Mapping[str, list[str]]] = []
        self.away = False
        self.hanging = False

    def add(self, customer_id: UUID | str, ref: str, source: str = "patron") -> None:
        self.references[source, ref] = UUID(str(customer_id))

    def registered(
        self, customer_id: UUID | str, ref: str = "HH-1", source: str = "patron", at: datetime = AT
    ) -> CustomerReferenceRegistered:
        """Keep a reference; returns what is announced of that."""
        self.add(customer_id, ref, source)
        return CustomerReferenceRegistered(customer_id=UUID(str(customer_id)), source=source, registered_at=at)

    def with_id(self, file: dict[str, Any]) -> dict[str, Any]:
        """A file as the gateway hands it on: with the id that the registry has, or now keeps, for its reference."""
        if not isinstance(file.get("reference"), dict):
            return file
        reference = (file["reference"]["source"], file["reference"]["ref"])
        id = self.references.setdefault(reference, UUID(file["id"]) if "id" in file else uuid4())
        return file | {"id": str(id)}

    def transport(self, service: str) -> httpx.AsyncBaseTransport:
        assert service == "gateway"
        return httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        query = {name: request.url.params.get_list(name) for name in request.url.params}
        self.questions.append(query)
        if self.away:
            raise httpx.ConnectError("the gateway is away", request=request)
        if self.hanging:
            await asyncio.sleep(60)
        actor = self.verifier.verify(request.headers["authorization"].removeprefix("Bearer "))
        assert (actor.subject, actor.kind, "internal" in actor.scopes) == ("profile", "service", True)
        if (request.method, request.url.path) == ("POST", "/internal/references:offer"):
            return self._offers(json.loads(request.content))
        assert (request.method, request.url.path) == ("GET", "/internal/references")
        return httpx.Response(200, json={"items": list(self._matching(query))})

    def _offers(self, body: dict[str, Any]) -> httpx.Response:
        ids: list[str | None] = []
        known = [source != "nobody" for source, _ in body["references"]]
        for (source, ref), is_known in zip(body["references"], known, strict=True):
            id = self.references.get((source, ref))
            if id is None and body["offer"] and is_known:
                id = self.references[source, ref] = uuid4()
            ids.append(None if id is None else str(id))
        return httpx.Response(200, json={"customer_ids": ids, "known_sources": known})

    def _matching(self, query: Mapping[str, list[str]]) -> list[dict[str, str]]:
        ids = {UUID(id) for id in query.get("customer_id", [])}
        text = query.get("q", [None])[0]
        matching = [
            {"customer_id": str(customer_id), "source": source, "ref": ref}
            for (source, ref), customer_id in sorted(self.references.items())
            if customer_id in ids or (text is not None and ref.startswith(text))
        ]
        return matching[: int(query.get("limit", ["1000"])[0])]
