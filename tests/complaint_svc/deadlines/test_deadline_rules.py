"""How much time the stages are given: as shipped, and as an operator wrote (C3)."""

from itertools import pairwise

import pytest

from services.complaint_svc.deadlines.domain.deadline_rules import KINDS, SEVERITIES
from services.complaint_svc.deadlines.handlers import load_terms
from services.complaint_svc.subscriptions import subscriptions
from shared.messaging import Transaction
from tests.complaint_svc.case_builders import SHIPPED, shipped_rules
from tests.complaint_svc.case_requests import filed, tier
from tests.complaint_svc.rule_requests import change_rules

SERVICE = "complaint"


def test_the_shipped_rules_know_every_case_and_a_better_tier_is_never_slower() -> None:
    rules = shipped_rules()
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
    rules = shipped_rules()
    assert rules.allowance("complaint", "high", tier) == rules.allowances["complaint", "high", "any"]


@pytest.mark.usefixtures("sound")
async def test_deadline_rules_are_data(client, known, database, deliver, as_role) -> None:
    [shipped] = (await client.get("/v1/deadline-rules")).json()["items"]
    assert len(shipped["document"]["allowances"]) == 80
    assert (shipped["version"], shipped["author"]) == (1, "system")
    jade = {"kind": "complaint", "severity": "normal", "tier": "jade", "acknowledgement_minutes": 30,
            "solution_minutes": 60}  # fmt: skip
    await deliver(database, subscriptions, [tier("jade")])
    before = await filed(client)
    await change_rules(client, as_role, "deadline-rules", allowances=[*SHIPPED["deadline-rules"]["allowances"], jade])
    case = await filed(client)
    assert [(d["stage"], d["allowance_seconds"], d["deadline_rules_version"]) for d in case["deadlines"]] == [
        ("acknowledgement", 1800, 2), ("solution", 3600, 2),
    ]  # fmt: skip
    after = (await client.get(f"/v1/complaints/{before['id']}")).json()
    promised = [(d["stage"], d["due_at"], d["deadline_rules_version"]) for d in before["deadlines"]]
    assert [(d["stage"], d["due_at"], d["deadline_rules_version"]) for d in after["deadlines"]] == promised
    in_force = (await client.get("/v1/deadline-rules/in-force", params={"as_of": before["filed_at"]})).json()["items"]
    assert [rules["version"] for rules in in_force] == [1], "what decided then is found for then"


@pytest.mark.parametrize(
    ("allowances", "code"),
    [
        (SHIPPED["deadline-rules"]["allowances"] * 2, "duplicate_allowance"),
        (SHIPPED["deadline-rules"]["allowances"][1:], "allowance_missing"),
    ],
)
async def test_rules_that_leave_a_case_without_an_allowance_are_refused(client, allowances, code: str) -> None:
    document = SHIPPED["deadline-rules"] | {"allowances": allowances}
    answer = await client.post("/v1/deadline-rules", json={"document": document})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_terms_are_loaded_by_one_query_without_a_document(database) -> None:
    await database.run(lambda tx: load_terms(tx, tx.at))  # reads the documents, once a process
    statements: list[str] = []

    async def load(tx: Transaction) -> None:
        with tx.raw.query_logger(lambda record: statements.append(record.query)):
            await load_terms(tx, tx.at)

    await database.run(load)
    [statement] = statements
    assert "document" not in statement
