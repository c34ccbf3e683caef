"""What came of it: the figures after a replay, read over the public API like anybody would."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.gateway import Gateway


def money(amount: str | None, currency: str = "$") -> str:
    return "–" if amount is None else f"{currency}{Decimal(amount):,.2f}"


async def show_result(gateway: Gateway, console: Console, last_review: str | None) -> None:
    pyramid = await gateway.get("/v1/pyramid")
    console.print(pyramid_table(pyramid))
    if last_review is not None:
        console.print(review_line(await gateway.get(f"/v1/evaluations/{last_review}")))
    for line in await warning_lines(gateway):
        console.print(line, highlight=False, soft_wrap=True)
    liability = await gateway.get("/v1/points/liability")
    console.print(f"Points outstanding: {int(liability['outstanding']):,}")
    best = await best_customer(gateway, pyramid)
    if best is not None:
        overview = await gateway.get(f"/v1/customers/{best}/overview")
        why = await gateway.get(f"/v1/customers/{best}/tier/explanation")
        console.print()
        for line in (*overview_lines(overview), f"  because    {why['words']}"):
            console.print(line, highlight=False, soft_wrap=True)


def pyramid_table(pyramid: Mapping[str, Any]) -> Table:
    window = pyramid["window"]
    title = (
        f"{pyramid['customers']:,} customers, revenue {money(pyramid['revenue'])} ({window['from']} to {window['to']})"
    )
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim", pad_edge=False)
    for name in ("tier", "customers", "of them", "revenue", "of it", "profit (cost is made up)"):
        table.add_column(name, justify="left" if name == "tier" else "right")
    for level in pyramid["levels"]:
        table.add_row(
            level["name"].get("en", level["tier"]),
            f"{level['customers']:,}",
            f"{level['share_of_customers']} %",
            money(level["revenue"]),
            f"{level['share_of_revenue'] or '0.0'} %",
            money(level["profit"]),
        )
    return table


def review_line(run: Mapping[str, Any]) -> str:
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(run["outcomes"].items())) or "nobody moved"
    customers = run["progress"]["done"]
    return f"Last review, as of {run['as_of'][:10]} ({run['result']}, {customers:,} customers): {outcomes}"


async def warning_lines(gateway: Gateway) -> Sequence[str]:
    """What the last sweep found, by cause, and the worst of the open warnings with their reasons."""
    sweeps = (await gateway.get("/v1/warnings/runs", limit="1"))["items"]
    if not sweeps:
        return []
    rules = {rule["cause"]: rule["name"]["en"] for rule in (await gateway.get("/v1/warning-rules"))["items"]}
    worst = []
    for cause, name in rules.items():
        page = await gateway.get("/v1/warnings", cause=cause, state="not_closed", limit="1")
        worst += [f"  {warning['severity']:<6} {name}: {warning['words']['en']}" for warning in page["items"]]
    outcomes = sweeps[0]["outcomes"]
    counts = ", ".join(f"{outcomes[kind]:,} {kind}" for kind in ("raised", "escalated", "closed") if kind in outcomes)
    return [f"Last sweep for early warnings, as of {sweeps[0]['as_of'][:10]}: {counts or 'nothing new'}", *worst]


async def best_customer(gateway: Gateway, pyramid: Mapping[str, Any]) -> str | None:
    """Somebody of the highest tier that has anybody, looked for among the first customers."""
    ranks = {level["tier"]: level["rank"] for level in pyramid["levels"]}
    page = await gateway.get("/v1/customers", limit="200")
    graded = [customer for customer in page["items"] if customer["tier"] in ranks]
    best = max(
        graded, key=lambda customer: (ranks[customer["tier"]], customer["account_manager"] is not None), default=None
    )
    return None if best is None else str(best["id"])


def overview_lines(overview: Mapping[str, Any]) -> Sequence[str]:
    customer, orders, points, cases = (overview[part] for part in ("customer", "orders", "points", "cases"))
    name = customer["names"][0]["name"] if customer["names"] else customer["id"]
    tier, manager = overview["tier"], overview["account_manager"]
    return [
        f"[bold]{name}[/bold] ({customer['kind']}, made-up name; file {customer['completeness']} % complete)",
        f"  tier       {tier['tier']} since {tier['since'][:10]}" if tier else "  tier       none yet",
        f"  orders     {orders['count']:,} for {money(orders['revenue'])}, {orders['returns']} returns; "
        f"the last on {(orders['last_at'] or '–')[:10]}",
        f"  points     {points['balance']:,}",
        f"  cases      {cases['open']} open, {cases['overdue']} overdue",
        f"  manager    {manager['name']} ({manager['employee_id']})" if manager else "  manager    none of their own",
    ]
