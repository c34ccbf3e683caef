"""T8: the rules around key accounts are data: who is proposed, and what a document may not say."""

from uuid import UUID

import pytest

from shared.events import CustomerRegistered, GroupParentChanged
from tests.tiering_svc.events import placed
from tests.tiering_svc.key_accounts.people import ANN, BOB, People, ago, deliver, refused, steady
from tests.tiering_svc.rule_sets import OnlyRuleSet

SERVICE = "tiering"
URL = "/v1/key-account-rules"
FIRST, TOP = "/disqualifications/0/when/0", "/candidates/0/top"


def disqualifying(*conditions: dict[str, str]) -> dict[str, list[dict[str, list[dict[str, str]]]]]:
    """A document's rules that disqualify: one, with these conditions."""
    return {"disqualifications": [{"when": list(conditions)}]}


@pytest.fixture
def people(client, as_role):
    return People(client, as_role)


async def test_T8_candidates_are_who_qualifies_and_is_not_disqualified(people, database):
    many = [UUID(int=100 + n) for n in range(20)]
    orders = [order for n, customer in enumerate(many) for order in steady(customer, str(100 + n), orders=6, cost="50")]
    whales = [*steady(ANN, "2000", orders=8, cost="1000"), placed(BOB, ago(3), "50000", cost="10000")]
    await deliver(database, *orders, *whales)

    async def candidates(**query):
        answer = await people.client.get("/v1/key-accounts/candidates", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    # of 22 the first tenth are three: the bulk buyer is passed over
    page = await candidates()
    first = page["items"][0]
    assert [UUID(candidate["customer_id"]) for candidate in page["items"]] == [ANN, many[-1]]
    assert (page["passed_over"], page["kind"]) == (1, "economic")
    assert first["disqualifications_not_known"] == ["squeezer_by_arrears"]
    assert first["words"]
    assert (await candidates(lang="zh"))["items"][0]["words"] != first["words"]
    await people.key_account(ANN, "economic")
    await people.nominate(many[-1])
    assert (await candidates())["items"] == []
    assert refused(await people.client.get("/v1/key-accounts/candidates", params={"kind": "strategic"})) == (
        404, "no_criterion",
    )  # fmt: skip
    then = await candidates(as_of=ago(4).isoformat())  # before the bulk order, and before it was a key account
    assert [candidate["customer_id"] for candidate in then["items"]] == [str(ANN), str(many[-2])]
    pages, cursor = [], None
    while cursor is not None or not pages:
        page = await candidates(kind="important", limit=2, **({"cursor": cursor} if cursor else {}))
        pages.append(page)
        cursor = page["next"]
    assert all(len(page["items"]) + page["passed_over"] <= 2 for page in pages)


async def test_T8_groups_are_candidates_by_their_size(people, database):
    others = [UUID(int=50 + n) for n in range(3)]
    known = [
        CustomerRegistered(customer_id=customer, kind="organisation", registered_at=ago(300))
        for customer in (ANN, *others)
    ]
    below = [
        GroupParentChanged(customer_id=customer, parent_id=ANN, effective_from=ago(100), changed_at=ago(99))
        for customer in others
    ]
    await deliver(database, *known, *steady(others[0], orders=5), *steady(others[1], orders=6))
    url = "/v1/key-accounts/candidates"
    assert (await people.client.get(url, params={"kind": "group"})).json()["items"] == []
    await deliver(database, *below)
    [candidate] = (await people.client.get(url, params={"kind": "group"})).json()["items"]
    assert (candidate["customer_id"], candidate["amount"]) == (str(ANN), "3300.00")


async def test_T8_rules_are_data_checked_at_saving_and_put_in_force_by_another(people, database):
    rules = OnlyRuleSet(people.client, URL)
    document = (await rules.show())["document"]
    document["disqualifications"] = [
        {"code": "small", "name": {"en": "Small", "zh": "小客户"}, "when": [{"indicator": "amount", "under": "99999"}]}
    ]
    author, other = (
        people.as_role("head", subject="a", scopes=["policies:write", "policies:approve"]),
        people.as_role("head"),
    )
    draft = (await rules.write(document, headers=author)).json()
    own = await rules.activate(draft["version"], headers=author)
    assert refused(own) == (403, "own_rule_set")
    await deliver(database, *steady(ANN))
    nomination = (await people.nominate()).json()
    await rules.activate(draft["version"], headers=other)
    answer = await people.decide(nomination)  # the rules in force when it is decided
    assert (refused(answer), answer.json()["disqualifications"][0]["code"]) == ((409, "disqualified"), "small")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"window_months": 0}, "window_out_of_range", "/window_months"),
        (disqualifying(), "no_conditions", "/disqualifications/0/when"),
        ({"disqualifications": [{}, {}]}, "duplicate_rule", "/disqualifications/1/code"),
        (disqualifying({"indicator": "x", "under": "1"}), "unknown_indicator", f"{FIRST}/indicator"),
        (disqualifying({"indicator": "region", "over": "1"}), "unknown_indicator", f"{FIRST}/indicator"),
        (disqualifying({"indicator": "amount"}), "one_comparison", FIRST),
        (disqualifying({"indicator": "amount", "under": "1", "over": "2"}), "one_comparison", FIRST),
        ({"candidates": [{"kind": "group", "when": []}]}, "no_conditions", "/candidates/0/when"),
        ({"candidates": [{"kind": "group", "top_percent": "0", "when": []}]}, "out_of_range", f"{TOP}_percent"),
    ],
)  # fmt: skip
async def test_T8_bad_rules_are_refused_at_the_field(people, change, code, pointer):
    rules = OnlyRuleSet(people.client, URL)
    document = (await rules.show())["document"]
    name = {"en": "Name", "zh": "名称"}
    plain = {"code": "one", "name": name, "when": [{"indicator": "amount", "under": "1"}]}
    for part in ("disqualifications", "candidates"):
        if part in change:
            base = plain if part == "disqualifications" else {"name": name}
            change = change | {part: [base | rule for rule in change[part]]}
    answer = await rules.write(document | change)
    assert refused(answer) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == f"/document{pointer}"
