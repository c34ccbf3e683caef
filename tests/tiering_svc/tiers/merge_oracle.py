"""The lives of customers of whom some were merged (P12, T10) by brute force, on top of the oracle of one customer.

All customers are walked together, instant by instant; where two become one, a common life begins with the better of
both, and each member keeps rows of its own from before. Merges that were undone are not among the facts. Everything
that was right before some return is made again from the beginning; nothing is shared with the product.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.tier_life_oracle import (
    NOTHING_YET,
    Decision,
    Decisions,
    Document,
    Fact,
    Facts,
    Life,
    Row,
    State,
    Watch,
)

Class = frozenset[UUID]


@dataclass
class Company:
    """All that is known of everybody. A merge in force has root, absorbed, at; they come in order of time."""

    customers: Mapping[UUID, Facts]
    merges: Sequence[Fact]


class Member(NamedTuple):
    """What a member's life was until it was one with others: rows, where it stood, since when it was below."""

    rows: list[Row]
    tier: str | None
    rank: int
    ladder: str
    override: Fact | None
    below_since: datetime | None


@dataclass
class Highest:
    """What had been decided in histories that were right before some reversal: of lives, and of members' entries."""

    of_lives: dict[Class, Decisions] = field(default_factory=dict)
    of_entries: dict[tuple[UUID, datetime], Decision] = field(default_factory=dict)


class CommonLife(Life):
    """The life of one customer, or of several from when they became life."""

    def __init__(self, facts: Facts, reversals: Sequence[Fact], highest: Decisions) -> None:
        super().__init__(facts, reversals, highest)
        self.members: dict[UUID, Member] = {}
        self.began: datetime | None = None
        self.merging = False
        self.promises: list[Fact] = []

    def end_an_override(self, t: datetime, policy: Document) -> None:
        """It comes first at an instant; that two are one is next, whether there is an order or not."""
        super().end_an_override(t, policy)
        live = any(order["placed_at"] == t and self.left[order["id"]][1] > 0 for order in self.facts.orders)
        if self.merging and not live:
            at_once = policy.get("life", {}).get("up_at_once", True)
            if self.state.tier is not None or (at_once and self.orders_in_window(t, oracle.months_of(policy))):
                self.take_orders(t, policy)

    def start_an_override(self, t: datetime) -> None:
        before = self.state.override
        super().start_an_override(t)
        if self.state.override is not None and self.state.override is not before:
            self.promises = []
        if self.state.override is None:
            self.promises = self.promises + [p for p in self.facts.promises if p["starts_at"] == t]

    def promised(self, t: datetime) -> datetime | None:
        """The longest promise to any of them that was not taken back."""
        on = [p["until"] for p in self.promises if p["ended_at"] is None or p["ended_at"] > t]
        return max(on, default=None)

    def member(self, customer: UUID) -> Member:
        """A member's life so far."""
        state, own = self.state, self.members.get(customer)
        if own is None or self.began is None:
            return Member(list(self.rows), state.tier, state.rank, state.ladder, state.override, state.below_since)
        below = state.below_since
        if below is not None and below < self.began and below != own.below_since:
            below = self.began
        return Member(own.rows + self.rows, state.tier, state.rank, state.ladder, state.override, below)


def lives(company: Company, now: datetime) -> dict[UUID, tuple[list[Row], Watch]]:
    """Of each customer the rows in force, oldest first, and what is watched at the end."""
    highest = Highest()
    everything = [(facts, reversal) for facts in company.customers.values() for reversal in facts.reversals]
    timed = sorted((oracle.time_of(facts, reversal), reversal["id"], reversal) for facts, reversal in everything)
    reversals = [reversal for _, _, reversal in timed]
    for number, (at, _, _) in enumerate(timed):
        walked, entries = fold(company, reversals[:number], highest, at)
        for members, life in walked:
            known = highest.of_lives.setdefault(members, {})
            for instant, decision in life.decisions.items():
                if instant not in known or decision.rank >= known[instant].rank:
                    known[instant] = decision
        for key, decision in entries.items():
            if key not in highest.of_entries or decision.rank >= highest.of_entries[key].rank:
                highest.of_entries[key] = decision
    walked, _ = fold(company, reversals, highest, now)
    histories: dict[UUID, tuple[list[Row], Watch]] = {}
    for members, life in walked:  # the last life that a customer is in is its own
        for customer in members:
            member = life.member(customer)
            state = life.state
            histories[customer] = member.rows, Watch(member.below_since, state.grace_until, state.retained_until)
    return histories


def state_of(company: Company, customer: UUID, now: datetime) -> State:
    """Where a customer stands, with all who are one with it."""
    highest = Highest()
    walked, _ = fold(company, [r for facts in company.customers.values() for r in facts.reversals], highest, now)
    return [life for members, life in walked if customer in members][-1].state


def fold(
    company: Company, reversals: Sequence[Fact], highest: Highest, until: datetime
) -> tuple[list[tuple[Class, CommonLife]], dict[tuple[UUID, datetime], Decision]]:
    """All lives there were, those of single customers first, and what was decided for members who became life."""
    walked: list[tuple[Class, CommonLife]] = []
    entries: dict[tuple[UUID, datetime], Decision] = {}

    def begin(members: Class) -> CommonLife:
        facts = together([company.customers[customer] for customer in sorted(members)])
        known = highest.of_lives.get(members, {})
        life = CommonLife(facts, reversals, known)
        walked.append((members, life))
        return life

    lives_of: dict[UUID, tuple[Class, CommonLife]] = {}
    roots: dict[UUID, UUID] = {}
    for customer in company.customers:
        members = frozenset([customer])
        lives_of[customer] = members, begin(members)
        roots[customer] = customer
    for t in sorted(instants_of(company)):
        if t > until:
            break
        entered: dict[Class, Mapping[UUID, Member]] = {}
        for merge in company.merges:
            if merge["at"] == t and lives_of[merge["root"]] is not lives_of[merge["absorbed"]]:
                (of_root, root), (of_absorbed, absorbed) = lives_of[merge["root"]], lives_of[merge["absorbed"]]
                members = of_root | of_absorbed
                life = begin(members)
                become_one(life, root, absorbed, t)
                before = {c: root.member(c) for c in of_root} | {c: absorbed.member(c) for c in of_absorbed}
                entered[members] = before
                for customer in members:
                    lives_of[customer] = members, life
        for members, life in {m: (m, of_all) for m, of_all in lives_of.values()}.values():
            life.walk(t)
            if members in entered:
                enter(life, entered[members], t, highest, entries)
    return walked, entries


def become_one(common: CommonLife, root: CommonLife, absorbed: CommonLife, t: datetime) -> None:
    """The override set last holds for both; else the better tier does."""
    common.merging, common.began = True, t
    both = [root, absorbed]
    overridden = [life for life in both if life.state.override is not None]
    if overridden:
        last = max(overridden, key=lambda life: life.state.override["starts_at"])  # type: ignore[index]
        common.state = replace(last.state, promise=None)
        return
    common.promises = root.promises + absorbed.promises
    ladder = oracle.ladder_of(common.governing(t))

    def value(life: CommonLife) -> tuple[bool, bool, bool, int]:
        state = life.state
        return state.tier is not None, state.ladder == ladder, state.ladder == root.state.ladder, state.rank

    alike = [life for life in both if value(life) == max(map(value, both))]
    chosen = alike[0]
    for other in alike[1:]:
        if chosen.state.grace_until is not None and (
            other.state.grace_until is None or other.state.grace_until > chosen.state.grace_until
        ):
            chosen = other
    retained = [life.state.retained_until for life in alike if life.state.retained_until is not None]
    common.state = replace(chosen.state, retained_until=max(retained, default=None))


def enter(
    life: CommonLife, before: Mapping[UUID, Member], t: datetime, highest: Highest,
    entries: dict[tuple[UUID, datetime], Decision],
) -> None:  # fmt: skip
    """Each member's own row at the instant at which it became one with others."""
    life.merging, life.rows = False, []
    now, policy = life.state, life.governing(t)
    for customer, member in before.items():
        kind = kind_of(member, now)
        row = None if kind is None or now.tier is None else Row(t, now.tier, kind, member.tier)
        fallen = highest.of_entries.get((customer, t))
        lower = (
            fallen is not None and now.rank < fallen.rank and now.ladder == fallen.ladder == oracle.ladder_of(policy)
        )
        if now.override is None and fallen is not None and lower:
            if (row is not None or fallen.moved) and now.tier is not None:
                row = Row(t, now.tier, "correction", fallen.tier)
        elif now.override is None and now.tier is not None and (row is None or row.kind != "downgrade"):
            entries[customer, t] = Decision(now.rank, now.tier, now.ladder, row is not None)
        life.members[customer] = member._replace(rows=member.rows + ([] if row is None else [row]))


def kind_of(member: Member, now: State) -> str | None:
    if now.tier is None:
        return None
    if now.override is not None:
        return None if member.override is now.override else "override"
    if member.tier is None or member.ladder != now.ladder:
        return "first"
    if member.rank == now.rank:
        return None
    return "upgrade" if now.rank > member.rank else "downgrade"


def together(of_all: Sequence[Facts]) -> Facts:
    """The facts of all of them."""
    known = [facts.first_known for facts in of_all if facts.first_known != NOTHING_YET]
    return replace(
        of_all[0],
        orders=[fact for facts in of_all for fact in facts.orders],
        reversals=[fact for facts in of_all for fact in facts.reversals],
        overrides=[fact for facts in of_all for fact in facts.overrides],
        promises=[fact for facts in of_all for fact in facts.promises],
        first_known=min(known, default=NOTHING_YET),
    )


def instants_of(company: Company) -> Iterable[datetime]:
    instants = {merge["at"] for merge in company.merges}
    for facts in company.customers.values():
        instants |= {order["placed_at"] for order in facts.orders}
        instants |= {o["starts_at"] for o in facts.overrides} | {oracle.end_of(o) for o in facts.overrides}
        instants |= {p["starts_at"] for p in facts.promises} | {r["as_of"] for r in facts.concerning()}
    return instants
