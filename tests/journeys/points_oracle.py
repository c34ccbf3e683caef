"""Points of several customers of whom some are one (P12, L1), in plain numbers: what each order is worth by the tiers
of an oracle, which lots a spending takes, and what of it is lent.

A wallet is one number, what can be spent less what is owed, and what is held. Written from the rules' words: the named
wallet's lots first, by expiry, then the others' by expiry; the last taken comes back first, to whom it was of; what was
borrowed of somebody who is no more one with the borrower is repaid by what the borrower earns next.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

MULTIPLIERS = {"silver": Decimal("1.2"), "gold": Decimal("1.5"), "platinum": Decimal(2)}
IsOne = Callable[[int, int], bool]


def worth(amount: Decimal, tier: str | None) -> int:
    """Of what is left of an order, one point per 1.00 times the tier's multiplier, half to even."""
    return int((amount * MULTIPLIERS.get(tier or "", Decimal(1))).quantize(Decimal(1), ROUND_HALF_EVEN))


@dataclass
class Part:
    """So many points of one lot; `lender`: whose they were, where they were not the spender's own."""

    lot: str
    points: int
    borrower: int
    lender: int | None = None
    returned: int = 0  # to the lender

    @property
    def outstanding(self) -> int:
        return 0 if self.lender is None else self.points - self.returned


class Lot(NamedTuple):
    """What is left of a lot, as it is listed: the first to expire first."""

    who: int
    lot: str
    remaining: int


@dataclass
class Spending:
    """Its parts in the order in which they were taken, and how many points of each are not given back."""

    who: int
    parts: list[tuple[Part, int]]

    @property
    def points(self) -> int:
        return sum(points for _, points in self.parts)


@dataclass
class Wallet:
    net: int = 0  # what can be spent, or, below zero, what is owed
    held: int = 0


@dataclass
class Points:
    """All wallets, what was lent (the oldest first), and what every order was posted with."""

    wallets: dict[int, Wallet] = field(default_factory=dict)
    loans: list[Part] = field(default_factory=list)
    posted: dict[str, int] = field(default_factory=dict)

    def post(self, worths: Iterable[tuple[str, int, int]], is_one: IsOne) -> None:
        """Bring every order (id, whose, worth) to what it is worth now: first what is more, of which debts to others
        are repaid, then what is less."""
        more: dict[int, int] = dict.fromkeys(self.wallets, 0)
        less = dict(more)
        for order, who, points in worths:
            difference = points - self.posted.get(order, 0)
            self.posted[order] = points
            (more if difference > 0 else less)[who] += difference
        for who, points in more.items():
            wallet = self.wallets[who]
            earned = max(0, wallet.net + points) - max(0, wallet.net)
            wallet.net += points
            self._repay(who, earned, is_one)
        for who, points in less.items():
            self.wallets[who].net += points

    def _repay(self, borrower: int, earned: int, is_one: IsOne) -> None:
        for loan in self.loans:
            if loan.borrower == borrower and loan.lender is not None and not is_one(borrower, loan.lender):
                part = min(earned, loan.outstanding)
                earned -= part
                loan.returned += part
                self.wallets[borrower].net -= part
                self.wallets[loan.lender].net += part

    def spend(self, who: int, points: int, lots: Collection[Lot]) -> Spending:
        """Takes so many points out of these lots, which are of all members, in the order in which they expire."""
        parts: list[Part] = []
        for lot in [*(lot for lot in lots if lot.who == who), *(lot for lot in lots if lot.who != who)]:
            taken = min(points, lot.remaining)
            if taken:
                points -= taken
                self.wallets[lot.who].net -= taken
                parts.append(Part(lot.lot, taken, who, None if lot.who == who else lot.who))
        assert not points, "there were not so many"
        loans = [part for part in parts if part.lender is not None]
        lenders = list(dict.fromkeys(part.lender for part in loans))
        self.loans += sorted(loans, key=lambda part: lenders.index(part.lender))  # a loan a lender
        return Spending(who, [(part, part.points) for part in parts])

    def hold(self, who: int, points: int, lots: Collection[Lot]) -> Spending:
        spending = self.spend(who, points, lots)
        self.wallets[who].held += points
        return spending

    def release(self, spending: Spending) -> None:
        self.wallets[spending.who].held -= spending.points
        self.give_back(spending, spending.points)

    def give_back(self, spending: Spending, points: int) -> None:
        """The last taken first. What a lender has not got yet goes to the lender, the rest to the spender."""
        left: list[tuple[Part, int]] = []
        for part, spent in reversed(spending.parts):
            back = min(points, spent)
            points -= back
            to_lender = min(back, part.outstanding)
            if part.lender is not None:
                part.returned += to_lender
                self.wallets[part.lender].net += to_lender
            self.wallets[spending.who].net += back - to_lender
            left.append((part, spent - back))
        spending.parts = left[::-1]

    def expected(self, members: Collection[int], is_one: IsOne) -> Mapping[str, int]:
        """What a read of any of these members says, who are one, and all that are."""
        wallets = [self.wallets[who] for who in members]
        between = [loan for loan in self.loans if not is_one(loan.borrower, loan.lender or 0)]
        return {
            "balance": sum(max(0, wallet.net) for wallet in wallets),
            "held": sum(wallet.held for wallet in wallets),
            "debt": sum(max(0, -wallet.net) for wallet in wallets),
            "borrowed": sum(loan.outstanding for loan in between if loan.borrower in members),
            "lent": sum(loan.outstanding for loan in between if loan.lender in members),
        }

    def left_of(self, lots: Collection[Lot], spending: Spending) -> list[Lot]:
        """What is listed of these lots after a spending out of them."""
        taken = {part.lot: points for part, points in spending.parts}
        after = [lot._replace(remaining=lot.remaining - taken.get(lot.lot, 0)) for lot in lots]
        return [lot for lot in after if lot.remaining]
