"""Back-tests (T9): a policy replayed over past month-ends, by what was known then or is known now."""

from decimal import Decimal

from services.tiering_svc.core.domain.calendar import spelled
from services.tiering_svc.reviews.handlers import review_batches
from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.reviews.policy_runs import CUSTOMERS, NOW, a_class, a_draft, deliver, month_ago, replayed
from tests.tiering_svc.runs import Worker, broken_runs
from tests.tiering_svc.shorthand import bands_document

SERVICE = "tiering"


async def test_T9_a_back_test_replays_month_ends_and_tells_who_moved_back(client, database, announced):
    ann, bob = CUSTOMERS[:2]
    await deliver(database, *(placed(ann, month_ago(n), "600") for n in (6, 4)), placed(bob, month_ago(5), "100"))
    before = len(await announced())
    policy = await a_draft(client, ("gold", "550"), months=1, grace_months=0)
    run = await replayed(client, database, policy, 6, 2)
    assert (run["status"], run["progress"]["done"]) == ("done", 2)
    outcomes = [month["outcomes"] for month in run["months"]]
    # ann's orders place her in gold and raise her again, each in its month; bob's places him in silver. The reviews at
    # the months' ends find that and keep it, and lower ann in the months without an order: the second and the fourth
    assert outcomes == [{}, {"down": 1}, {}, {"down": 1}, {}]
    at_once = [(month["at_once"]["placed"], month["at_once"]["up"]) for month in run["months"]]
    assert at_once == [(1, 0), (1, 0), (0, 1), (0, 0), (0, 0)]
    # ann's fall of the second month is undone by the rise of the third, and that by the fall of the fourth
    stability = [(m["stability"]["moved"], m["stability"]["moved_back"]) for m in run["months"]]
    assert stability == [(0, 0), (1, 1), (1, 1), (1, 0), (0, 0)]
    assert run["months"][1]["stability"]["share_moved_back"] == "100.0"
    assert [m["stability"]["months_watched"] for m in run["months"]] == [3, 3, 2, 1, 0]
    gold = [next(level for level in m["levels"] if level["tier"] == "gold") for m in run["months"]]
    assert [(level["customers"], Decimal(level["revenue"])) for level in gold] == [
        (1, 600),
        (0, 0),
        (1, 600),
        (0, 0),
        (0, 0),
    ]
    url = f"/v1/tier-policies/{policy}/back-tests/{run['id']}/movers"
    [mover] = (await client.get(url, params={"outcome": "up_at_once"})).json()["items"]
    assert mover == {
        "month": spelled(month_ago(4).date()), "customer_id": str(ann), "customer_name": None, "outcome": "up_at_once",
        "from_tier": "silver", "to_tier": "gold", "moved_back_in": spelled(month_ago(3).date()), "key_account": None,
        "excluded": False,
    }  # fmt: skip
    placings = (await client.get(url, params={"outcome": "placed_at_once"})).json()["items"]
    assert [(m["customer_id"], m["from_tier"], m["to_tier"], m["moved_back_in"]) for m in placings] == [
        (str(ann), None, "gold", spelled(month_ago(5).date())), (str(bob), None, "silver", None),
    ]  # fmt: skip
    page = (await client.get(url, params={"limit": 2})).json()
    rest = (await client.get(url, params={"limit": 3, "cursor": page["next"]})).json()["items"]
    outcomes_listed = [m["outcome"] for m in (*page["items"], *rest)]
    assert outcomes_listed == ["placed_at_once", "down", "placed_at_once", "up_at_once", "down"]
    assert len(await announced()) == before


async def test_T9_several_rises_of_a_month_are_one_and_what_came_before_is_only_carried_on(client, database):
    ann, bob = CUSTOMERS[:2]
    begun = month_ago(3)
    steps = [placed(ann, begun.replace(day=day), amount) for day, amount in ((3, "100"), (12, "300"), (25, "500"))]
    await deliver(database, *steps, placed(bob, month_ago(5), "450"), placed(bob, month_ago(2), "500"))
    policy = await a_draft(client, ("gold", "400"), ("platinum", "900"), months=12)
    run = await replayed(client, database, policy, 3, 2)
    url = f"/v1/tier-policies/{policy}/back-tests/{run['id']}/movers"
    items = (await client.get(url)).json()["items"]
    # ann: 100 silver, 400 gold, 900 platinum; bob has been in gold since before, and 950 raise him a month later
    assert [(m["month"], m["customer_id"], m["outcome"], m["from_tier"], m["to_tier"]) for m in items] == [
        (spelled(begun.date()), str(ann), "placed_at_once", None, "silver"),
        (spelled(begun.date()), str(ann), "up_at_once", "silver", "platinum"),
        (spelled(month_ago(2).date()), str(bob), "up_at_once", "gold", "platinum"),
    ]
    assert [(month["outcomes"], month["at_once"]) for month in run["months"]] == [
        ({}, {"placed": 1, "up": 1}), ({}, {"placed": 0, "up": 1})
    ]  # fmt: skip
    assert await broken_runs(database) == []
    one_by_one, page = [], {"next": ""}
    while page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        page = (await client.get(url, params={"limit": 1} | cursor)).json()
        one_by_one += page["items"]
    assert one_by_one == items


async def test_T9_by_what_was_known_then_an_order_counts_in_the_month_in_which_it_became_known(client, database):
    ann = CUSTOMERS[0]
    await deliver(database, placed(ann, month_ago(4), "100"))
    await harness.deliver(
        database, subscriptions, [placed(ann, month_ago(4), "500")], recorded_at=month_ago(3).replace(day=20)
    )
    policy = await a_draft(client, ("gold", "550"), months=12)
    for known, expected in (("now", [(1, 0), (0, 0), (0, 0)]), ("then", [(1, 0), (0, 1), (0, 0)])):
        run = await replayed(client, database, policy, 4, 2, known=known)
        assert [(month["at_once"]["placed"], month["at_once"]["up"]) for month in run["months"]] == expected
        assert [month["outcomes"] for month in run["months"]] == [{}, {}, {}]


async def test_T9_a_back_test_says_what_the_benefits_would_have_cost(client, database, as_role):
    ann, bob = CUSTOMERS[:2]
    await deliver(database, placed(ann, month_ago(3), "600"), *(placed(bob, month_ago(n), "120") for n in (3, 2)))
    policy = await a_draft(client, ("gold", "550"), months=1, grace_months=0)
    costs = {
        "per_customer_year": {"gold": "120", "silver": "12"}, "points_per_unit": "1", "value_of_a_point": "0.01",
        "multipliers": {"gold": "1.5"},
    }  # fmt: skip
    run = await replayed(client, database, policy, 3, 2, costs=costs)
    gold, silver = ([lv for m in run["months"] for lv in m["levels"] if lv["tier"] == t] for t in ("gold", "silver"))
    # a year of ann in gold: 120, and half as many points again on 12 x 600; of a silver customer 12
    in_gold = 120 + Decimal(600 * 12) / 2 / 100
    assert [Decimal(level["cost"]) for level in gold] == [in_gold, 0]
    assert [Decimal(level["cost"]) for level in silver] == [12, 24]
    assert [Decimal(month["cost"]) for month in run["months"]] == [(in_gold + 12) / 12, 2]
    assert Decimal(run["cost"]) == (in_gold + 12) / 12 + 2
    url = f"/v1/tier-policies/{policy}/back-tests"
    analyst = (await client.get(f"{url}/{run['id']}", headers=as_role("agent"))).json()
    assert (analyst["cost"], analyst["months"][0]["levels"][0]["cost"]) == (None, None)
    before = (await client.get(url)).json()
    wrong = {"from": run["from"], "to": run["to"], "costs": {"multipliers": {"diamond": "2"}}}
    refused = await client.post(url, json=wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_tier")
    assert refused.json()["errors"][0]["pointer"] == "/costs/multipliers/diamond"
    assert (await client.get(url)).json() == before
    free = await replayed(client, database, policy, 3, 2)
    assert (free["cost"], free["months"][0]["cost"]) == (None, None)


async def test_T9_a_back_test_tells_key_accounts_and_exclusions_of_each_month(client, database):
    """As of the month's end: ann became a key account after the first month, bob was excluded all the time."""
    ann, bob, eve = CUSTOMERS[:3]
    for customer in (ann, bob, eve):
        await deliver(database, placed(customer, month_ago(3), "600"))
    await a_class(database, ann, "key", ["economic", "strategic"], since=month_ago(2), recorded_at=NOW)
    await a_class(database, bob, "excluded", [], since=month_ago(5))
    policy = await a_draft(client, ("gold", "550"), months=1, grace_months=0)
    run = await replayed(client, database, policy, 3, 2)
    assert [month["key_accounts"] for month in run["months"]] == [{}, {"down": 1}]
    assert run["months"][1]["excluded"] == {"down": 1}
    then = await replayed(client, database, policy, 3, 2, known="then")
    assert [month["key_accounts"] for month in then["months"]] == [{}, {}]  # it was decided since, for a time before
    assert then["months"][1]["excluded"] == {"down": 1}
    url, second = f"/v1/tier-policies/{policy}/back-tests/{run['id']}/movers", spelled(month_ago(2).date())

    async def listed(**filters):
        items = (await client.get(url, params={"month": second, **filters})).json()["items"]
        return [(m["customer_id"], m["key_account"], m["excluded"]) for m in items]

    assert await listed(key_accounts=True) == [(str(ann), ["economic", "strategic"], False)]
    assert await listed(excluded=True) == [(str(bob), None, True)]
    assert await listed(key_accounts=False, excluded=False) == [(str(eve), None, False)]


async def test_T9_a_back_test_knows_then_or_now(client, database):
    ann = CUSTOMERS[0]
    order = placed(ann, month_ago(3), "600")
    await deliver(database, order, returned(order, month_ago(1)))
    policy = await a_draft(client, ("gold", "550"), months=1)
    known_now = await replayed(client, database, policy, 3, 2)
    # the order counts as if it had never been: ann was in silver all the time
    assert [month["outcomes"] for month in known_now["months"]] == [{}, {}]
    known_then = await replayed(client, database, policy, 3, 2, known="then")
    # nothing had come back yet: the order put her in gold, which the review after a month without orders still keeps
    assert [month["outcomes"] for month in known_then["months"]] == [{}, {"grace": 1}]
    assert [run["months"][0]["at_once"] for run in (known_now, known_then)] == [{"placed": 1, "up": 0}] * 2
    levels = [{lv["tier"]: lv["customers"] for lv in run["months"][0]["levels"]} for run in (known_now, known_then)]
    assert levels == [{"gold": 0, "silver": 1}, {"gold": 1, "silver": 0}]


async def test_T5_a_back_test_cuts_each_month_by_its_own_customers(client, database, monkeypatch):
    monkeypatch.setattr(review_batches, "INDIVIDUAL", 3)
    for number, customer in enumerate(CUSTOMERS, 1):
        rising, falling = str(10 * number), str(10 * (11 - number))
        await deliver(database, placed(customer, month_ago(3), rising), placed(customer, month_ago(2), falling))
    body = bands_document(("a", "1"), lowest="c", months=1, grace_months=0)
    body = {key: body[key] for key in ("levels", "indicator", "window", "life")} | {
        "kind": "abc",
        "abc": {"by": "customers", "shares": [{"tier": "a", "percent": "20"}, {"tier": "c", "percent": "80"}]},
    }
    answer = await client.post("/v1/tier-policies", json={"name": {"en": "T", "zh": "测"}, "document": body})
    run = await replayed(client, database, answer.json()["id"], 3, 2)
    assert [[Decimal(c["from"]) for c in m["cutoffs"]] for m in run["months"]] == [[90], [90]]
    # before the first review there are no cut-offs: the orders place everybody in c, and the review raises the two of
    # 90 and more; by its cut-offs two orders of the second month raise at once, and its review lowers the first two
    assert [m["outcomes"] for m in run["months"]] == [{"up": 2}, {"down": 2}]
    assert [m["at_once"] for m in run["months"]] == [{"placed": 10, "up": 0}, {"placed": 0, "up": 2}]


async def test_T9_a_back_test_is_refused_or_cancelled(client, database):
    policy = await a_draft(client, ("gold", "550"))
    url = f"/v1/tier-policies/{policy}/back-tests"
    for body, code, pointer in (
        ({"from": "2026-02", "to": "2026-01"}, "ends_before_it_begins", "/to"),
        ({"from": "2026-01", "to": spelled(NOW.date())}, "in_the_future", "/to"),
        ({"from": "1990-01", "to": "2025-01"}, "too_many_months", "/from"),
    ):
        answer = await client.post(url, json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (
            422,
            code,
            pointer,
        )
    started = (await client.post(url, json={"from": "2025-01", "to": "2025-02"})).json()
    cancelled = (await client.post(f"{url}/{started['id']}/cancellation")).json()
    assert cancelled["status"] == "cancelled"
    assert not await Worker(database).advance("policy_back_test")
    assert (await client.post(f"{url}/{started['id']}/cancellation")).status_code == 409
