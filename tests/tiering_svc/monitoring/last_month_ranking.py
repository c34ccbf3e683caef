"""The plain ranking that warnings have to beat (T12), by pandas alone, on the demo's real year.

At each month's end of July to September 2017, the households with a baseline (ordered before the last three months
began, at least 100 a month in them) by revenue a day of the last month over that of the last three, lowest first. A
loss: revenue a day over the next three months at most half of that.

    python -m tests.tiering_svc.monitoring.last_month_ranking
"""

import numpy as np
import pandas as pd

from deploy.demo.purchases import read_purchases

COUNTS = (647, 300, 109)  # as many as the rules of the first set warned of
EXPECTED = (0.298, 0.380, 0.450)


class HouseholdMonths:
    """The purchases as a table of revenue by household and month (1 to 12), and the first month of each."""

    def __init__(self) -> None:
        purchases = read_purchases()
        orders = pd.DataFrame(
            {
                "household": purchases.household,
                "at": pd.to_datetime(purchases.placed_at, unit="s"),
                "amount": purchases.cents_of_baskets() / 100,
            }
        )
        self.orders = orders[orders["at"] < "2018-01-01"]  # some baskets of the last night are next year's
        months = self.orders["at"].dt.month
        sums = self.orders.pivot_table(index="household", columns=months, values="amount", aggfunc="sum")
        self.sums = sums.reindex(columns=range(1, 13)).fillna(0.0)
        self.days = pd.Series({month: pd.Period(f"2017-{month:02}").days_in_month for month in range(1, 13)})
        self.first = months.groupby(self.orders["household"]).min()

    def daily(self, first: int, last: int) -> pd.Series:
        """Revenue a day of the months from `first` to `last`."""
        return self.sums.loc[:, first:last].sum(axis=1) / self.days.loc[first:last].sum()

    def looks(self, months: tuple[int, ...]) -> pd.DataFrame:
        """A row for each household with a baseline when each of these months began: `ratio`, `lost`, `month`."""
        frames = []
        for month in months:
            usual = self.daily(month - 3, month - 1)
            known = (self.first < month - 3) & (self.sums.loc[:, month - 3 : month - 1].sum(axis=1) >= 300)
            month_end = pd.DataFrame(
                {
                    "month": month,
                    "ratio": self.daily(month - 1, month - 1) / usual,
                    "lost": self.daily(month, month + 2) <= usual * 0.5,
                }
            )
            frames.append(month_end[known])
        return pd.concat(frames).reset_index()


def precision_of_first(looks: pd.DataFrame, by: str, count: int) -> float:
    """Of the so many rows with the lowest value, the share that had a loss."""
    return float(np.mean(looks.sort_values(by, kind="stable")["lost"].iloc[:count]))


if __name__ == "__main__":
    looks = HouseholdMonths().looks((8, 9, 10))
    print(f"{len(looks)} households at month's ends, base rate {looks['lost'].mean():.3f}")
    for count in COUNTS:
        print(f"the first {count}: precision {precision_of_first(looks, 'ratio', count):.3f}")
