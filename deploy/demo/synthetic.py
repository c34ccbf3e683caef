"""Synthetic: returns and complaints. The data has neither, and a demo without them would show half of what there is.

Everything is drawn from seeds made of the basket's own number, so the same baskets always come back, at the same time.
"""

import random
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from deploy.demo.purchases import Ints, Purchases

DAY = 24 * 3600
RETURN_RATE = 0.01  # of the baskets
COMPLAINT_RATE = 0.0012
LONGEST_RETURN, LONGEST_COMPLAINT = 20, 6  # days after the purchase


@dataclass(frozen=True)
class Return:
    basket: int
    at: int
    lines: tuple[tuple[int, int], ...]  # (line, quantity)

    def body(self, at: str, number: int) -> dict[str, Any]:
        lines = [{"line": line, "quantity": quantity} for line, quantity in self.lines]
        return {"return_id": f"return-{number}", "returned_at": at, "lines": lines}


@dataclass(frozen=True)
class Complaint:
    basket: int
    at: int
    kind: str
    category: str
    severity: str
    channel: str
    description: str
    points: int  # points offered to settle it
    outcome: str  # how far it gets: closed, refused, invalid, settling, judged, received
    satisfaction: int


COMPLAINT_TEMPLATES = (
    ("complaint", "freshness", "The vegetables had gone bad by the next day."),
    ("complaint", "price", "The shelf said less than the receipt does."),
    ("complaint", "packaging", "A jar was broken inside the bag; everything else was wet."),
    ("complaint", "service", "Nobody was at the counter for twenty minutes."),
    ("complaint", "quality", "牛奶还没到保质期就变质了。"),
    ("complaint", "price", "结账时优惠券没有生效。"),
    ("suggestion", "assortment", "Please carry the large bags of rice again."),
    ("praise", "service", "The lady at the bakery was wonderful to my mother."),
)
CLOSED_OUTCOMES = ("closed",) * 6 + ("refused",) + ("invalid",) * 2
OPEN_OUTCOMES = ("settling",) * 3 + ("judged",) * 3 + ("received",) * 3
RECENT_SECONDS = 21 * DAY


def is_drawn(numbers: Ints, share: float, event: str) -> npt.NDArray[np.bool_]:
    """Which of these baskets are drawn: a fixed share, decided by each basket's own number (splitmix64)."""
    with np.errstate(over="ignore"):
        x = numbers.astype(np.uint64) + np.uint64(crc32(event.encode())) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    chosen: npt.NDArray[np.bool_] = (x >> np.uint64(11)) < np.uint64(int(share * 2**53))
    return chosen


def baskets_with_follow_up(purchases: Purchases) -> frozenset[int]:
    """The baskets of which something comes back, or is complained about."""
    chosen = is_drawn(purchases.basket, RETURN_RATE, "return") | is_drawn(purchases.basket, COMPLAINT_RATE, "complaint")
    return frozenset(np.flatnonzero(chosen).tolist())


def draw_returns(purchases: Purchases, baskets: Ints, shift: int) -> list[Return]:
    chosen = baskets[is_drawn(purchases.basket[baskets], RETURN_RATE, "return")]
    return [_draw_return(purchases, basket, shift) for basket in chosen.tolist()]


def draw_complaints(purchases: Purchases, baskets: Ints, shift: int, now: int) -> list[Complaint]:
    chosen = baskets[is_drawn(purchases.basket[baskets], COMPLAINT_RATE, "complaint")]
    return [_draw_complaint(purchases, basket, shift, now) for basket in chosen.tolist()]


def _draw_return(purchases: Purchases, basket: int, shift: int) -> Return:
    """What of this basket comes back: most times one line, sometimes all of it."""
    rng = random.Random(f"return {purchases.basket[basket]}")  # a seeded demo, not a secret
    first, end = int(purchases.first_line[basket]), int(purchases.first_line[basket + 1])
    every = range(end - first)
    chosen = every if rng.random() < 0.15 else sorted(rng.sample(every, min(len(every), rng.choice((1, 1, 2)))))
    lines = tuple((i + 1, int(purchases.quantity[first + i])) for i in chosen)
    at = int(purchases.placed_at[basket]) + shift + rng.randint(DAY // 4, LONGEST_RETURN * DAY)
    return Return(basket, at, lines)


def _draw_complaint(purchases: Purchases, basket: int, shift: int, now: int) -> Complaint:
    """Where it goes. One of long ago is over by now; a recent one may still wait for its next step."""
    rng = random.Random(f"complaint {purchases.basket[basket]}")
    kind, category, description = rng.choice(COMPLAINT_TEMPLATES)
    at = int(purchases.placed_at[basket]) + shift + rng.randint(3600, LONGEST_COMPLAINT * DAY)
    endings = CLOSED_OUTCOMES + OPEN_OUTCOMES if at > now - RECENT_SECONDS else CLOSED_OUTCOMES
    return Complaint(
        basket=basket,
        at=at,
        kind=kind,
        category=category,
        severity=rng.choice(("low", "normal", "normal", "high")),
        channel=rng.choice(("call", "call", "email", "web", "on_site")),
        description=description,
        points=rng.choice((50, 100, 100, 200)),
        outcome=rng.choice(endings) if kind == "complaint" else "closed",
        satisfaction=rng.choice((2, 3, 4, 4, 5, 5)),
    )
