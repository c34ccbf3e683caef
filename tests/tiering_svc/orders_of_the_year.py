"""The real year's orders as known at an instant, counted by pandas from what was sent: for independent computations."""

from datetime import datetime

import pandas as pd

from tests.tiering_svc.real_year import RealYear


def orders_of(year: RealYear, as_of: datetime, known_at: datetime) -> pd.DataFrame:
    """Orders placed by `as_of`, recorded by `known_at`, of which something is left: columns net, earned (Decimals)."""
    lines = year.lines[(year.lines.placed_at <= as_of) & (year.lines.placed_at <= known_at)]
    back = year.returns[year.returns.returned_at <= known_at]
    reversals = back.groupby(["order", "line"])[["quantity", "amount"]].sum().add_suffix("_back")
    joined = lines.join(reversals, on=["order", "line"])
    came_back = joined.amount_back.notna()
    joined["left"] = joined.quantity - joined.quantity_back.fillna(0).astype(int)
    joined["net"] = [
        a - b if was else a for a, b, was in zip(joined.amount, joined.amount_back, came_back, strict=True)
    ]
    joined["earned"] = [
        net - cost * left for net, cost, left in zip(joined.net, joined.unit_cost, joined.left, strict=True)
    ]
    orders = joined.groupby(["customer", "order", "placed_at"], as_index=False)[["left", "net", "earned"]].sum()
    return orders[orders.left > 0].copy()
