"""Tier lives recomputed: each customer's history is what the fold over its facts gives (T10), row by row.

What may differ from the fold of all facts for a while, and is no fault: a review that is not through with everybody
yet, and an override that is over but whose timer has not fired. A policy may look at more than orders; where something
of that kind became known after a decision, the decision stands, and the customer is passed over.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, tzinfo
from itertools import product
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy_timeline import PolicyTimeline
from services.tiering_svc.tiers.domain.history_change import StoredHistory
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import TierChange
from services.tiering_svc.tiers.domain.tier_life import TierLife, Watch, tier_life
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline
from services.tiering_svc.tiers.repository import history
from services.tiering_svc.tiers.repository.standings import STANDING
from services.tiering_svc.tiers.repository.timelines import load_timelines
from shared.messaging import Transaction

# Everybody of whom anything is kept; a customer whose orders led to no standing is one of them.
CUSTOMERS = """
select customer_id as key, known_from as touched from standing
union all
select distinct o.customer_id, null::timestamptz from order_fact o
where not exists (select from standing s where s.customer_id = o.customer_id)
"""
OVERRIDES_DUE = """
select privilege_id from tier_privilege where kind = 'override' and ended_at is null and until <= $1
"""
UNFINISHED_REVIEWS = "select run_id from evaluation_run where applying_since is not null and result is null"

Content = Mapping[str, Any]


async def begin(tx: Transaction) -> Callable[[Sequence[UUID]], Any]:
    """What finds the faults of pages of customers, with all that is the same for everybody read."""
    timeline = await policies.load_policy_timeline(tx)
    unfinished = {row["run_id"] for row in await tx.raw.fetch(UNFINISHED_REVIEWS)}
    finished = [review for review in timeline.reviews if review.run_id not in unfinished]
    timelines = [timeline, PolicyTimeline(timeline.activations, finished)] if unfinished else [timeline]
    due = frozenset(row["privilege_id"] for row in await tx.raw.fetch(OVERRIDES_DUE, tx.at))
    return LifeCheck(tx, timelines, due, (await find_business(tx)).zone).find_faults


@dataclass(frozen=True)
class LifeCheck:
    """What customers' lives are recomputed by: policies and reviews (where a review goes on also without it), the
    overrides that are due to end, the business's zone."""

    tx: Transaction
    policies: Sequence[PolicyTimeline]
    due: frozenset[UUID]
    zone: tzinfo

    async def find_faults(self, customers: Sequence[UUID]) -> dict[UUID, list[str]]:
        """In sentences, by customer: instant, what is kept, and what the facts give."""
        kept = await load_stored(self.tx, customers)
        facts = await load_timelines(self.tx, customers, self.policies[0], self.tx.at, all_of_them=True)
        faults = {}
        for timeline in facts:
            stored = kept[timeline.customer_id]
            differences = self._compare(stored, timeline)
            if differences and not await self._became_known_later(timeline, stored):
                faults[timeline.customer_id] = differences
        return faults

    def _compare(self, stored: StoredHistory, timeline: CustomerTimeline) -> list[str]:
        """The differences from the fold of all facts, unless one of the lives that are right for a while is kept."""
        first: list[str] | None = None
        for policies_of_time, facts in product(self.policies, self._timelines(timeline)):
            life = tier_life(facts, policies_of_time, self.tx.at, self.zone)
            differences = list(differences_of(stored, _known(life, facts)))
            if not differences:
                return []
            first = first or differences
        return first or []

    def _timelines(self, timeline: CustomerTimeline) -> Iterator[CustomerTimeline]:
        yield timeline
        if any(override.override_id in self.due for override in timeline.overrides):
            still_on = [
                override._replace(ends_at=None) if override.override_id in self.due else override
                for override in timeline.overrides
            ]
            yield replace(timeline, overrides=still_on)

    async def _became_known_later(self, timeline: CustomerTimeline, stored: StoredHistory) -> bool:
        """Whether there is now more to see, besides orders, than when one of the kept rows was decided."""
        if not timeline.snapshots:
            return False
        rows = await self.tx.raw.fetch(KNOWN_FROM, timeline.customer_id)
        for row in rows:
            [then] = await load_timelines(
                self.tx, [timeline.customer_id], self.policies[0], self.tx.at, row["known_from"], all_of_them=True
            )
            for key in timeline.snapshots.keys() & then.snapshots.keys():
                if _besides_orders(timeline.snapshots[key]) != _besides_orders(then.snapshots[key]):
                    return True
        return False


KNOWN_FROM = """
select known_from from tier_history where customer_id = $1 and superseded_at is null
union select known_from from standing where customer_id = $1 and known_from is not null
"""
NO_FIGURES = Figures()


def _besides_orders(snapshot: CustomerSnapshot) -> CustomerSnapshot:
    return replace(snapshot, figures=NO_FIGURES, first_order_ever=None, last_order_ever=None)


def _known(life: TierLife, timeline: CustomerTimeline) -> TierLife:
    """Of a customer without facts of its own nothing says since when it is known."""
    if timeline.orders or timeline.overrides or timeline.promises:
        return life
    return replace(life, standing=life.standing._replace(first_known=None))


async def load_stored(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, StoredHistory]:
    """What is kept of each of these customers; nothing is locked."""
    rows = await history.list_rows_in_force(tx, customers)
    watches = await history.list_watches_in_force(tx, customers)
    standings = {
        row["customer_id"]: Standing._make(row)
        for row in await tx.raw.fetch(
            f"select {STANDING} from standing s where s.customer_id = any($1::uuid[])", customers
        )
    }
    return {
        customer_id: StoredHistory(
            standings.get(customer_id, Standing(customer_id)), rows[customer_id], watches[customer_id]
        )
        for customer_id in customers
    }


# --- what differs ---

OF_ROWS = tuple(field.name for field in fields(TierChange) if field.name not in ("row_id", "customer_id"))
OF_STANDINGS = tuple(field for field in Standing._fields if field not in ("row_id", "customer_id"))


def differences_of(stored: StoredHistory, life: TierLife) -> Iterator[str]:
    """A sentence for each row, watch or standing that is another one than the facts give; ids of rows are no
    difference."""
    customer_id = stored.standing.customer_id
    kept_rows, rows = ({row.effective_from: _row(row) for row in of} for of in (stored.rows, life.rows))
    yield from _differences(customer_id, "row", kept_rows, rows)
    kept_watches, watches = (
        {watch.below_since: _watch(watch) for watch in of} for of in (stored.watches, life.watches)
    )
    yield from _differences(customer_id, "watch", kept_watches, watches)
    for field in OF_STANDINGS:
        kept, given = getattr(stored.standing, field), getattr(life.standing, field)
        if kept != given:
            yield f"customer_id={customer_id} standing: kept {field}={_text(kept)}, facts give {_text(given)}"


def _row(row: TierChange) -> Content:
    return {name: getattr(row, name) for name in OF_ROWS}


def _watch(watch: Watch) -> Content:
    return watch._asdict()


def _differences(
    customer_id: UUID, what: str, kept: Mapping[datetime, Content], given: Mapping[datetime, Content]
) -> Iterator[str]:
    for at in sorted(kept.keys() | given.keys()):
        if (before := kept.get(at)) != (now := given.get(at)):
            yield (
                f"customer_id={customer_id} {what} at {at.isoformat()}: kept {_shown(before, now)}, "
                f"facts give {_shown(now, before)}"
            )


def _shown(content: Content | None, other: Content | None) -> str:
    """What is another one than in `other`; of reasons only what differs in them."""
    if content is None:
        return "nothing"
    if other is None:
        shown = {name: value for name, value in content.items() if name != "reasons"}
    else:
        shown = {name: value for name, value in content.items() if value != other[name]}
        if "reasons" in shown:
            shown["reasons"] = {
                name: value for name, value in content["reasons"].items()
                if name not in other["reasons"] or other["reasons"][name] != value
            }  # fmt: skip
    return " ".join(f"{name}={_text(value)}" for name, value in shown.items())


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
