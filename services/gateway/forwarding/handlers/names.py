"""Lists of other services with the names of the customers and employees in them, which lie with profile alone."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from services.gateway.forwarding.domain.names import PLACE, Names, fill_in_names, ids_without_names
from services.gateway.forwarding.handlers.calls import ServiceAnswer
from services.gateway.forwarding.handlers.composition import Composer, PartRequest
from shared.chassis import Actor

MOST_AT_ONCE = 200  # ids that profile takes in one question


async def with_names(composer: Composer, actor: Actor, answer: ServiceAnswer) -> ServiceAnswer:
    """The answer with names in the places left for them, as far as the actor may read them: one question for the
    customers, one for the employees. Where profile refuses, or does not answer in time, the places stay null."""
    if not answer.succeeded or PLACE not in answer.body:
        return answer
    document = answer.json()
    customers, employees = ids_without_names(document)
    if not customers and not employees:
        return answer
    fill_in_names(document, await _load_names(composer, actor, customers, employees))
    return replace(answer, body=orjson.dumps(document))


async def _load_names(composer: Composer, actor: Actor, customers: Sequence[str], employees: Sequence[str]) -> Names:
    parts = _parts("/v1/customers", customers) | _parts("/v1/employees", employees)
    composed = await composer.load(actor, parts)
    listed = [item for part in composed.answers.values() if part.succeeded for item in part.json()["items"]]
    return Names(
        customers={
            id: item["name"] for item in listed if "id" in item for id in (item["id"], *item.get("merged_from", ()))
        },
        employees={item["employee_id"]: item["name"] for item in listed if "employee_id" in item},
    )


def _parts(path: str, ids: Sequence[str]) -> dict[str, PartRequest]:
    """A question of profile for each so many ids."""
    batches = [ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE)]
    return {
        f"{path}/{number}": PartRequest("profile", path, {"ids": batch, "limit": str(len(batch))})
        for number, batch in enumerate(batches)
    }
