"""Who may read which kind of content: one table for all services, and pure functions over it.

A customer's data is read by different audiences: partners (of their own customers), agents, and those who answer for
results. Whatever leaves a service asks this table, so that the same figure is not hidden in one answer and shown in
another:

    if may_read(actor, "margin"): …                       # a decision: a column, an indicator, a whole route
    return filter_fields(document, actor)                 # JSON: without the fields this actor may not read
    [i for i in INDICATORS if i not in hidden_fields(actor)]   # by names of fields: indicators are named as fields are

A new field that shows one of these kinds is added to FIELDS, under its name in answers; a new kind gets its row in
MAY_READ. What has no row is for everybody who may ask at all: scopes say that. Which customers an actor sees is another
question (visibility).
"""

from collections.abc import Mapping
from typing import Any, Literal

from shared.chassis.access import Actor

ContentKind = Literal[
    "margin", "cost", "arrears", "account_team", "own_people", "tasks", "early_warnings", "other_sources"
]  # fmt: skip

COMPANY = frozenset({"agent", "manager", "head", "analyst", "auditor", "admin"})
RESULTS = COMPANY - {"agent"}  # who answers for results, or looks into them

MAY_READ: Mapping[ContentKind, frozenset[str]] = {
    "margin": RESULTS,
    "cost": RESULTS,  # revenue without cost is the margin
    "arrears": COMPANY,
    "account_team": COMPANY,
    "own_people": COMPANY,  # who of them did something, and what they noted about it
    "tasks": COMPANY,
    "early_warnings": COMPANY,
    "other_sources": COMPANY,  # what other sources call a customer, and that they know it
}

# The fields (and indicators) that show each kind, by their names in answers; an object or a list is hidden as a whole.
FIELDS: Mapping[ContentKind, frozenset[str]] = {
    "margin": frozenset(
        {
            *("margin", "margin_rate", "expected_margin"),
            *("profit", "profit_known_for", "profit_lost", "profit_unknown"),
        }
    ),
    "cost": frozenset({"cost", "costs", "unit_cost", "cost_to_win", "cost_to_keep"}),
    "arrears": frozenset(
        {
            *("receivables", "outstanding", "overdue_amount", "arrears"),
            *("average_arrears", "arrears_rate", "collection_period"),
        }
    ),
    "account_team": frozenset({"account_manager", "manager", "manager_name", "team"}),
    # a step's `by` is not among them: who took the step may read it, so services leave it out line by line
    "own_people": frozenset(
        {
            *("actor", "requested_by", "approved_by", "decided_by", "nominated_by", "raised_by", "set_by", "ended_by"),
            *("closed_by", "recorded_by", "made_by", "proposed_by", "granted_by", "approvals"),
            *("activated_by", "cancelled_by", "retired_by", "merged_by", "unmerged_by"),
        }
    ),
    "tasks": frozenset({"tasks", "open_tasks", "overdue_tasks", "tasks_done_rate", "tasks_per_contact"}),
    "early_warnings": frozenset(
        {
            *("warnings", "risks", "key_account", "exclusion", "life_stage", "satisfaction_index"),  # what is found
            "settlement_withdrawn",
        }
    ),
    "other_sources": frozenset(),  # each service shows a partner its own source only: no field is only that
}


def may_read(actor: Actor, kind: ContentKind) -> bool:
    """Whether the actor may read this kind of content. Services may read everything: they filter for who asks them."""
    return actor.kind == "service" or not MAY_READ[kind].isdisjoint(actor.roles)


def hidden_fields(actor: Actor) -> frozenset[str]:
    """The names of the fields (and indicators) that the actor may not read."""
    return frozenset[str]().union(*(fields for kind, fields in FIELDS.items() if not may_read(actor, kind)))


def filter_fields(document: Any, actor: Actor) -> Any:
    """A copy of a JSON value without what the actor may not read, at any depth: members of these names, and objects
    that are about such an indicator (`{"indicator": "margin", "missing": …}`)."""
    hidden = hidden_fields(actor)
    return _without(document, hidden) if hidden else document


def _without(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _without(member, hidden)
            for name, member in value.items()
            if name not in hidden and not _is_about(member, hidden)
        }
    if isinstance(value, list):
        return [_without(item, hidden) for item in value if not _is_about(item, hidden)]
    return value


def _is_about(value: Any, hidden: frozenset[str]) -> bool:
    return isinstance(value, Mapping) and value.get("indicator") in hidden
