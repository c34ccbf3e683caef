"""T14 over the database: shares against targets, product mix and features, held against pandas on the real year."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pandas as pd

from services.tiering_svc.pyramid.repository import composition
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerTraitsChanged, OrderLine, OrderPlaced
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import cancelled, placed, returned
from tests.tiering_svc.orders_of_the_year import orders_of
from tests.tiering_svc.real_year import BEGINS, ENDS
from tests.tiering_svc.rule_sets import OnlyRuleSet
from tests.tiering_svc.shorthand import at, bands_document

SERVICE = "tiering"
ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
LATER = datetime(2018, 6, 1, tzinfo=UTC)


def basket(customer, when, *lines):
    read = tuple(
        OrderLine(line=n, sku=f"s-{n}", category=category, quantity=quantity, amount=Decimal(amount), unit_cost=cost)
        for n, (category, quantity, amount, cost) in enumerate(lines, 1)
    )
    return OrderPlaced(
        order_id=new_id(), customer_id=customer, source="patron", placed_at=when, currency="USD", channel="shop",
        amount=sum((line.amount for line in read), Decimal(0)), lines=read,
    )  # fmt: skip


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


def shown(answer):
    return {
        row["category"]: (row["customers"], row["quantity"], Decimal(row["amount"]), row["margin"])
        for row in answer["categories"]
    }


async def test_T14_the_product_mix_is_net_of_what_came_back(client, database):
    wine = basket(ANN, at(2), ("wine", 3, "30", Decimal(6)), ("bread", 1, "2", None))
    bought = [wine, basket(BOB, at(3), ("wine", 1, "10", Decimal(6))), gone := placed(EVE, at(4), "99")]
    await harness.deliver(database, subscriptions, bought, recorded_at=at(4))
    await harness.deliver(
        database, subscriptions, [returned(wine, at(5), quantity=1, amount="10"), cancelled(gone, at(6))],
        recorded_at=at(7),
    )  # fmt: skip
    query = {"as_of": at(20).isoformat(), "months": 1}
    everybody = (await client.get("/v1/composition/product-mix", params=query)).json()
    assert shown(everybody) == {"wine": (2, 3, 30, "12.00"), "bread": (1, 1, 2, None)}
    assert everybody["categories"][0]["share"] == "93.8"
    anns = (await client.get(f"/v1/customers/{ANN}/product-mix", params=query)).json()
    assert shown(anns) == {"wine": (1, 2, 20, "8.00"), "bread": (1, 1, 2, None)}
    before = (await client.get("/v1/composition/product-mix", params=query | {"known_at": at(6).isoformat()})).json()
    assert shown(before)["wine"][1] == 4  # nothing was known to have come back by then


async def test_T14_the_window_ends_with_the_month_of_the_instant_and_is_said(client, database):
    """Twelve months as of 20 March are those from April of last year on, whatever the day."""
    await deliver(
        database, placed(ANN, at(31, 3, 2025), "7"), placed(ANN, at(1, 4, 2025), "5"), placed(ANN, at(2), "1")
    )
    query = {"as_of": at(20).isoformat()}
    for path in ("/v1/composition", "/v1/composition/product-mix", f"/v1/customers/{ANN}/product-mix"):
        answer = (await client.get(path, params=query)).json()
        assert answer["window"] == {"from": "2025-04", "to": "2026-03", "months": 12}
        assert Decimal(answer.get("revenue", answer.get("amount"))) == 6
    window = (await client.get("/v1/pyramid", params=query)).json()["window"]
    assert window == {"from": "2025-04", "to": "2026-03", "months": 12}


async def test_T14_composition_and_pyramid_have_the_same_revenue_in_every_tier(real_year, real_year_database, keys):
    """And the same as pandas: of twelve months, in the midst of a month, then and as known later."""
    app = harness.app_of("tiering", real_year_database, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        for as_of, known_at in ((datetime(2017, 10, 17, 9, tzinfo=UTC), None),
                                (datetime(2017, 10, 17, 9, tzinfo=UTC), datetime(2017, 10, 20, tzinfo=UTC)),
                                (ENDS, None)):  # fmt: skip
            query = {"as_of": as_of.isoformat()} | ({} if known_at is None else {"known_at": known_at.isoformat()})
            composed = (await client.get("/v1/composition", params=query)).json()
            levels = (await client.get("/v1/pyramid", params=query)).json()
            assert composed["window"] == levels["window"]
            assert {t["tier"]: Decimal(t["revenue"]) for t in composed["tiers"] if t["customers"]} == {
                level["tier"]: Decimal(level["revenue"]) for level in levels["levels"] if level["customers"]
            }
            orders = orders_of(real_year, as_of, known_at or ENDS)
            first = pd.Timestamp(levels["window"]["from"], tz="UTC")
            assert Decimal(composed["revenue"]) == orders[orders.placed_at >= first].net.sum() > 0


async def test_T14_each_tier_is_held_against_its_target(client, database):
    await deliver(database, placed(ANN, at(2), "5000"), placed(BOB, at(3), "2500"), placed(EVE, at(3), "500"))
    composed = (await client.get("/v1/composition", params={"as_of": at(20).isoformat()})).json()
    tiers = {share["tier"]: share for share in composed["tiers"]}
    assert [share["tier"] for share in composed["tiers"]] == ["platinum", "gold", "basic", "silver"]
    assert (tiers["platinum"]["share"], tiers["platinum"]["gap"]) == ("62.5", "12.5")
    assert Decimal(tiers["silver"]["missing"]) == 1200
    assert Decimal(composed["revenue"]) == 8000


async def test_T14_targets_are_written_by_one_and_put_in_force_by_another(client, as_role):
    body = {"targets": [{"tier": "platinum", "percent": "60"}, {"tier": "gold", "percent": "40"}]}
    targets = OnlyRuleSet(client, "/v1/revenue-targets")
    written = (await targets.write(body)).json()
    assert (written["version"], written["status"]) == (2, "draft")
    own = await targets.activate(2)
    assert (own.status_code, own.json()["code"]) == (403, "own_rule_set")
    head = as_role("head", subject="somebody-else")
    assert (await targets.activate(2, headers=head)).is_success
    assert (await client.get("/v1/composition")).json()["targets_version"] == 2
    bad = {"targets": [{"tier": "platinum", "percent": "60"}]}
    refused = await targets.write(bad)
    assert (refused.status_code, refused.json()["code"]) == (422, "targets_do_not_add_up")


async def test_T14_a_target_for_a_tier_that_no_policy_has_is_refused_and_nothing_changes(client):
    targets = OnlyRuleSet(client, "/v1/revenue-targets")
    before = (await client.get("/v1/revenue-targets/versions")).json()
    body = {"targets": [{"tier": "platinum", "percent": "60"}, {"tier": "diamond", "percent": "40"}]}
    refused = await targets.write(body)
    error = {"pointer": "/document/targets/1/tier", "code": "unknown_tier"}
    assert (refused.status_code, refused.json()["errors"][0]) == (422, error | {"detail": refused.json()["detail"]})
    assert (await client.get("/v1/revenue-targets/versions")).json() == before
    draft = bands_document(("diamond", "500"), lowest="glass")  # targets may be set before the policy is in force
    await client.post("/v1/tier-policies", json={"name": {"en": "New", "zh": "新"}, "document": draft})
    assert (await targets.write(body)).status_code == 201


async def test_T14_what_distinguishes_a_tier(client, database):
    for number in range(1, 21):
        rich = number <= 4
        lines = [("wine", 1, "4800" if rich else "10", None)] if rich or number == 20 else [("bread", 1, "10", None)]
        traits = CustomerTraitsChanged(
            customer_id=UUID(int=number), kind="person", region="north" if rich else "south", completeness=50,
            changed_at=at(1),
        )  # fmt: skip
        await deliver(database, traits, basket(UUID(int=number), at(2), *lines))
    query = {"as_of": at(20).isoformat(), "tier": "platinum", "least_support": "0.5"}
    answer = (await client.get("/v1/composition/features", params=query)).json()
    assert (answer["group"], answer["others"]) == (4, 16)
    features = {(feature["kind"], feature["value"]): feature for feature in answer["features"]}
    assert features["region", "north"]["lift"] is None  # nobody else is there
    assert features["category", "wine"]["lift"] == "16.0000"
    assert Decimal(features["category", "wine"]["interval"][0]) > 1
    assert features["kind", "person"]["lift"] == "1.0000"
    nobody = (await client.get("/v1/composition/features", params={"as_of": at(20).isoformat()})).json()
    assert (nobody["group"], nobody["features"]) == (0, [])  # there is no key account yet


async def test_T14_the_real_years_mix_equals_pandas(real_year, real_year_database):
    until = real_year.lines["placed_at"].max().to_pydatetime()
    categories = await real_year_database.run(lambda tx: composition.list_categories(tx, BEGINS, until, LATER, None))
    lines = real_year.lines.set_index(["order", "line"])
    back = real_year.returns.groupby(["order", "line"]).agg(quantity=("quantity", "sum"), amount=("amount", "sum"))
    left = lines.join(back, suffixes=("", "_back"))
    left["quantity"] -= left["quantity_back"].fillna(0).astype(int)
    left["amount"] = [a if pd.isna(b) else a - b for a, b in zip(left["amount"], left["amount_back"], strict=True)]
    by_customer = left.groupby(["customer", "category"]).agg(quantity=("quantity", "sum"), amount=("amount", "sum"))
    by_customer = by_customer[by_customer["quantity"] > 0].reset_index()
    expected = {
        category: (len(rows), int(rows["quantity"].sum()), sum(rows["amount"], Decimal(0)))
        for category, rows in by_customer.groupby("category")
    }
    assert {
        figures.category: (figures.customers, figures.quantity, figures.amount) for figures in categories
    } == expected
