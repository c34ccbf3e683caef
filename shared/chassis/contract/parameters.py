"""Words for parameters that mean the same wherever they stand, where the route says nothing better.

A parameter of its own meaning is described where it is declared: `Query(description="…")`.
"""

from typing import Any

TEXTS = {
    "after": "Only what comes after this key",
    "by": "By months or by quarters",
    "cause": "Only of this cause",
    "changed_since": "Only what changed at this instant or later",
    "evaluation": "Only those that followed this review",
    "from": "Since when",
    "from_tier": "Only those who had this tier before",
    "hand_over_note": "What the next account manager has to know",
    "key_accounts": "Only key accounts, or only others",
    "kind": "Only of this kind",
    "lang": "The language of the sentences in the answer",
    "limit": "How many items at most",
    "month": "A month of the business's time zone",
    "of": "Grouped by account manager or by service centre",
    "outcome": "Only those to whom this happened",
    "owner": "Only those that this employee takes care of",
    "rule": "Only those that this rule raised",
    "seen_epoch": "The epoch of the log that the caller's position is in",
    "settled_by": "Only when everything recorded by this instant is committed",
    "severity": "Only of this severity",
    "state": "Only those in this state",
    "status": "Only those with this status",
    "to": "Until when",
    "to_tier": "Only those who have this tier afterwards",
    "way": "Only those who rose, who fell, or who are new",
}
IDS = "_id"


def describe_parameters(operation: dict[str, Any]) -> None:
    """Adds descriptions to the parameters of an operation that have none.

    One that nobody described stays without, which `make check` refuses.
    """
    for parameter in operation.get("parameters", ()):
        name: str = parameter["name"]
        if "description" in parameter:
            continue
        if parameter["in"] == "path" and not name.endswith(IDS):
            parameter["description"] = f"The {name.replace('_', ' ')}"
        elif name in TEXTS:
            parameter["description"] = TEXTS[name]
        elif name.endswith(IDS):
            parameter["description"] = f"The id of the {name.removesuffix(IDS).replace('_', ' ')}"
