"""Who asked for long work, kept with it: what the work may see and change is what that actor may."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from shared.chassis import Actor


def kept_actor(actor: Actor) -> dict[str, Any]:
    """The actor as JSON, for a job's parameters."""
    return {
        name: sorted(value) if isinstance(value, frozenset) else str(value) if isinstance(value, UUID) else value
        for name, value in asdict(actor).items()
    }


def actor_again(kept: Mapping[str, Any]) -> Actor:
    """The actor of `kept_actor`."""
    partner_id = kept.get("partner_id")
    sets = {name: frozenset(value) for name, value in kept.items() if isinstance(value, list)}
    return Actor(**(dict(kept) | sets | {"partner_id": None if partner_id is None else UUID(partner_id)}))
