"""Baskets as the gateway takes them: one JSON order a line, for POST /v1/orders:batch.

Written by hand from prepared pieces: 1.5 million lines of orders must not cost the measured system its processor.
Every value is a number or a code made of plain letters, so nothing needs escaping.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from deploy.demo.costs import cost_share
from deploy.demo.purchases import Ints, Purchases

SOURCE = "demo"
CURRENCY = "USD"  # the shops' own


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class OrderWriter:
    """Writes chosen baskets as NDJSON, with dates moved by `shift` seconds."""

    def __init__(self, purchases: Purchases, shift: int) -> None:
        self.purchases = p = purchases
        self.shift = shift
        # Unit costs in ten-thousandths: the department's share of the price, by unit (synthetic: see costs).
        share = np.array([cost_share(category) for _, category in p.goods], dtype=np.int64)  # per mille
        self._unit_cost: Ints = p.cents * 100 * share[p.line_goods] // (1000 * p.quantity)
        self._money = [money(cents) for cents in range(int(p.cents.max()) + 1)]
        self._discount = ["}"]  # a line without a discount just ends
        self._discount += [f',"discount":"{money(cents)}"}}' for cents in range(1, int(p.discount_cents.max()) + 1)]
        self._goods = [f'"sku":"{sku}","category":"{category}","quantity":' for sku, category in p.goods]

    def placed_at(self, basket: int) -> int:
        return int(self.purchases.placed_at[basket]) + self.shift

    def body(self, baskets: Sequence[int]) -> bytes:
        """The orders of these baskets, in this order."""
        p = self.purchases
        chosen = np.asarray(baskets, dtype=np.int64)
        first, end = p.first_line[chosen], p.first_line[chosen + 1]
        ends = np.cumsum(end - first)
        starts = ends - (end - first)
        # every line's number within its basket (from 0), and where it stands among all lines
        number = np.arange(int(ends[-1])) - np.repeat(starts, end - first)
        lines = self._lines(number, np.repeat(first, end - first) + number)
        heads = zip(
            p.basket[chosen].tolist(), p.household[chosen].tolist(), (p.placed_at[chosen] + self.shift).tolist(),
            starts.tolist(), ends.tolist(), strict=True,
        )  # fmt: skip
        return "".join(
            [
                f'{{"order_id":"{basket}","customer":{{"source":"{SOURCE}","ref":"{household}"}},'
                f'"placed_at":"{instant(at)}","currency":"{CURRENCY}","channel":"store",'
                f'"lines":[{",".join(lines[start:stop])}]}}\n'
                for basket, household, at, start, stop in heads
            ]
        ).encode()

    def _lines(self, number: Ints, rows: Ints) -> list[str]:
        p, money, discounts, goods = self.purchases, self._money, self._discount, self._goods
        columns = zip(
            number.tolist(), p.line_goods[rows].tolist(), p.quantity[rows].tolist(), p.cents[rows].tolist(),
            self._unit_cost[rows].tolist(), p.discount_cents[rows].tolist(), strict=True,
        )  # fmt: skip
        return [
            f'{{"line":{number + 1},{goods[product]}{quantity},"amount":"{money[cents]}",'
            f'"unit_cost":"{cost // 10000}.{cost % 10000:04d}"{discounts[discount]}'
            for number, product, quantity, cents, cost, discount in columns
        ]
