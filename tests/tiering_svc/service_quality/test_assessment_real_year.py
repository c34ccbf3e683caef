"""T15: the assessments of a real year's managers equal what pandas and plain counting make of what was sent."""

from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import pandas as pd

from services.tiering_svc.subscriptions import subscriptions
from shared.events import EmployeeChanged, TeamMemberAssigned
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.orders_of_the_year import orders_of
from tests.tiering_svc.real_year import BEGINS, ENDS

SERVICE = "tiering"
MANAGERS = ["E-0", "E-1", "E-2", "E-3"]
CENTRES = {"E-0": "north", "E-1": "north", "E-2": "south"}  # E-3 works at none
MONTHS_END = datetime(2017, 9, 30, 23, 59, 59, 999999, tzinfo=UTC)
PLACES = Decimal("0.0001")


def change(now, before):
    return (now / before - 1).quantize(PLACES, ROUND_HALF_EVEN) if before > 0 else None


def expected_points(change, top, lost, in_all):
    """The default rules by hand: revenue, the top list, lost customers, nobody contacted; nothing else happened."""
    taken = Decimal(0)
    if change is not None and change < Decimal("-0.15"):
        taken -= 10
    if change is not None and change < Decimal("-0.20"):
        taken -= Decimal("0.2") * ((Decimal("-0.20") - change) / Decimal("0.01")).to_integral_value(ROUND_FLOOR)
    if top is not None:
        taken += 5 if top >= Decimal("0.1") else -40 if top <= Decimal("-0.2") else -10 if top <= Decimal("-0.1") else 0
    return max(Decimal(0), 100 + taken - 20 * lost - 2 * in_all)


async def test_T15_the_real_years_assessments_equal_pandas(real_year, real_year_copy, keys):
    manager_of = {customer: MANAGERS[customer.int % 4] for customer in real_year.customers}
    teams = [
        TeamMemberAssigned(
            customer_id=customer, assignment_id=new_id(), employee_id=manager, role="account_manager",
            assigned_at=BEGINS,
        )
        for customer, manager in manager_of.items()
    ]  # fmt: skip
    await harness.deliver(real_year_copy, subscriptions, teams)
    await harness.deliver(
        real_year_copy, subscriptions,
        [EmployeeChanged(change_id=new_id(), employee_id=e, centre=c, changed_at=BEGINS) for e, c in CENTRES.items()],
    )  # fmt: skip
    app = harness.app_of("tiering", real_year_copy, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        # the base months: March of the same year for all, so that there is something to compare in one year
        [rules] = (await client.get("/v1/assessment-rules")).json()["items"]
        url = f"/v1/assessment-rules/{rules['id']}"
        document = (await client.get(url)).json()["document"]
        document["revenue_base"] = {"month": "2017-03"}
        document["top_list"] |= {"largest": 20, "base": {"month": "2017-06"}}
        assert (await client.post("/v1/assessment-rules", json={"document": document})).status_code == 201
        activated = await client.post(
            f"{url}/activation", json={"version": 2}, headers=keys.headers("tiering", "head", subject="b")
        )
        assert activated.status_code == 200, activated.text
        made = await client.post("/v1/assessments", json={"month": "2017-09-01", "rules_version": 2})
        items = made.json()["items"]
    orders = orders_of(real_year, ENDS, ENDS)
    orders["month"] = orders.placed_at.dt.tz_localize(None).dt.to_period("M").astype(str)
    by_month = dict(orders.groupby(["customer", "month"]).net.sum().items())
    june = sorted((-amount, customer) for (customer, month), amount in by_month.items() if month == "2017-06")
    top = {customer for _, customer in june[:20]}
    lost = set()
    for customer, bought in orders[orders.placed_at <= MONTHS_END].groupby("customer"):
        first, last = bought.placed_at.min(), bought.placed_at.max()
        cycle = (last - first) / pd.Timedelta(days=1) / (len(bought) - 1) if len(bought) > 1 else 0
        if datetime(2017, 9, 1, tzinfo=UTC) <= last + pd.Timedelta(days=max(3 * cycle, 90)) <= MONTHS_END:
            lost.add(customer)
    assert lost
    subjects = {manager: [c for c, m in manager_of.items() if m == manager] for manager in MANAGERS}
    subjects |= {
        centre: [c for c, m in manager_of.items() if CENTRES.get(m) == centre] for centre in ("north", "south")
    }

    def revenue(customers, month):
        return sum((by_month.get((customer, month), Decimal(0)) for customer in customers), Decimal(0))

    assert {item["subject"] for item in items} == set(subjects)
    for item in items:
        customers = subjects[item["subject"]]
        line = {reason["rule"]: reason for reason in item["reasons"]}
        whole = change(revenue(customers, "2017-09"), revenue(customers, "2017-03"))
        listed = [customer for customer in customers if customer in top]
        of_top = change(revenue(listed, "2017-09"), revenue(listed, "2017-06"))
        assert Decimal(line["revenue_down"]["value"]) == whole
        assert Decimal(line["revenue_down"]["base"]) == revenue(customers, "2017-03")
        assert line["revenue_down"]["base_month"] == "2017-03"
        assert Decimal(line["top_list"]["value"]) == of_top
        assert {fact["customer_id"] for fact in line["lost_customer"]["facts"]} == {str(c) for c in lost & {*customers}}
        assert Decimal(item["score"]) == expected_points(whole, of_top, len(lost & {*customers}), len(customers))
