"""What partners read of their own customers, and what of it lasts while these are one with others (P12, G1)."""

import re
from typing import Any

from tests.security.partners import FOR_PARTNERS, ForPartners, Partner
from tests.system import System

# What passes from one question to the next: instants, and how long ago something was. And what is decided for both,
# and told to each partner of its own: which tier from when on.
PASSING = re.compile(r"(as_of|known_at|_at|since|until|day|cursor|next)$|override_id$")
DECIDED_FOR_BOTH = {"tiering /v1/customers/{customer_id}/tier/history"}
FIGURES_OF_ALL = {"value", "words", "now", "tier", "reasons"}  # of a tier: hidden while others count into them


def lasting(document: Any) -> Any:
    """A document without what passes."""
    if isinstance(document, dict):
        return {name: lasting(member) for name, member in document.items() if not PASSING.search(name)}
    return [lasting(item) for item in document] if isinstance(document, list) else document


async def answers_to(system: System, partner: Partner) -> dict[str, Any]:
    """What each read that partners may use says of its own customer, by service and path."""
    answers = {}
    for service, entries in FOR_PARTNERS.items():
        for number, entry in enumerate(entries):
            if entry.method == "GET":
                answers[f"{service} {entry.path} {number}"] = await read(system, service, entry, partner)
    return answers


async def read(system: System, service: str, entry: ForPartners, partner: Partner) -> Any:
    headers = system.keys.headers(service, "partner", partner_id=partner.id)
    query = None if entry.query is None else entry.query(partner.ids)
    answer = await system.clients[service].get(partner.path(entry.path), params=query, headers=headers)
    assert answer.status_code == 200, f"{service} {entry.path}: {answer.text}"
    return lasting(answer.json())


def assert_same(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Nothing differs, but for a tier's figures, which are not shown any more."""
    for key, known in before.items():
        if key.rpartition(" ")[0] in DECIDED_FOR_BOTH:
            continue
        if "/tier" in key:
            assert {name: known[name] for name in known.keys() - FIGURES_OF_ALL} == {
                name: now[key][name] for name in now[key].keys() - FIGURES_OF_ALL
            }, key
            assert now[key].get("value") is None
        else:
            assert now[key] == known, key
