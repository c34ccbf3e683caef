"""How much time the stages are given: as shipped, and as an operator wrote (C3)."""

from itertools import pairwise

import pytest

from services.complaint_svc.deadlines.domain.allowances import DEFAULT_ALLOWANCES, KINDS, SEVERITIES, AllowanceRules
from services.complaint_svc.subscriptions import subscriptions
from tests.complaint_svc.case_requests import filed, tier

SERVICE = "complaint"


def test_the_shipped_rules_know_every_case_and_a_better_tier_is_never_slower() -> None:
    rules = AllowanceRules()
    for kind in KINDS:
        for severity in SEVERITIES:
            ladder = [rules.allowance(kind, severity, tier) for tier in ("platinum", "gold", "silver", None)]
            for better, worse in pairwise(ladder):
                assert better.acknowledgement is not None
                assert worse.acknowledgement is not None
                assert better.acknowledgement < worse.acknowledgement
                assert (better.solution is None) == (worse.solution is None)


@pytest.mark.parametrize("tier", ["iron", None, "any"])
def test_a_tier_without_rules_of_its_own_gets_those_of_any(tier: str | None) -> None:
    assert AllowanceRules().allowance("complaint", "high", tier) == DEFAULT_ALLOWANCES["complaint", "high", "any"]


@pytest.mark.usefixtures("sound")
async def test_deadline_rules_are_data(client, known, database, deliver) -> None:
    page = (await client.get("/v1/deadline-rules")).json()
    assert page["next"] is None  # a list is never a bare array
    rules = page["items"]
    assert len(rules) == 80
    assert all(rule["shipped"] for rule in rules)
    changed = {"acknowledgement_minutes": 30, "proposal_minutes": None, "solution_minutes": 60}
    answer = await client.put("/v1/deadline-rules/complaint/normal/jade", json=changed)
    assert answer.json() == changed | {"kind": "complaint", "severity": "normal", "tier": "jade", "shipped": False}
    await deliver(database, subscriptions, [tier("jade")])
    case = await filed(client)
    assert [(d["stage"], d["allowance_seconds"]) for d in case["deadlines"]] == [
        ("acknowledgement", 1800), ("solution", 3600),
    ]  # fmt: skip
