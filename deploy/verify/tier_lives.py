"""Tier lives recomputed: each customer's history is what the fold over its facts gives (T10), row by row.

What may differ from the fold of all facts for a while, and is no fault: a review that is not through with everybody
yet, and an override that is over but whose timer has not fired. A policy may look at more than orders; where something
of that kind became known after a decision, the decision stands, and the customer is passed over.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta, tzinfo
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, SnapshotRequest
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy_timeline import PolicyTimeline
from services.tiering_svc.tiers.domain.history_change import StoredHistory
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import TierChange
from services.tiering_svc.tiers.domain.tier_life import TierLife, tier_life
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline, JoinedTimelines
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
# When the decision for an instant ($2) may have been made: as its facts came, or as a row that is kept was written.
DECIDED_AT = """
select recorded_at as at from order_fact where customer_id = $1 and placed_at = $2
union select applying_since from evaluation_run where as_of = $2 and applying_since is not null
union select known_from from tier_history where customer_id = $1 and superseded_at is null
union select known_from from tier_watch where customer_id = $1 and known_until is null
union select known_from from standing where customer_id = $1 and known_from is not null
union select $2
"""
ON_THE_WAY = timedelta(minutes=1)  # so long a fact may be recorded where it happened before it is known here
UNFINISHED_REVIEWS = "select run_id from evaluation_run where applying_since is not null and result is null"

Content = Mapping[str, Any]


class Difference(NamedTuple):
    """Something that is kept otherwise than the facts give: at which instant of the life (None: of none), in words."""

    at: datetime | None
    sentence: str


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
            differences = self._compare(kept[timeline.customer_id], timeline)
            if differences and not await self._became_known_later(timeline, differences):
                faults[timeline.customer_id] = [difference.sentence for difference in differences]
        return faults

    def _compare(self, stored: StoredHistory, timeline: CustomerTimeline) -> list[Difference]:
        """The differences from the fold of all facts, unless one of the lives that are right for a while is kept."""
        first: list[Difference] | None = None
        for policies_of_time, facts in product(self.policies, self._timelines(timeline)):
            try:
                life = tier_life(facts, policies_of_time, self.tx.at, self.zone)
            except Exception as error:  # facts that no life can be made of: others are looked at all the same
                return [Difference(None, f"customer_id={timeline.customer_id} can not be folded: {error!r}")]
            differences = list(differences_of(stored, _known(life, facts)))
            if not differences:
                return []
            first = first or differences
        return first or []

    def _timelines(self, timeline: CustomerTimeline) -> Iterator[CustomerTimeline]:
        yield timeline
        if any(override.override_id in self.due for override in timeline.overrides):
            yield _still_on(timeline, self.due)

    async def _became_known_later(self, timeline: CustomerTimeline, differences: Sequence[Difference]) -> bool:
        """Whether at the first instant that was decided otherwise there is now more to see, besides orders, than there
        was for one of those who may have decided it."""
        at = min((difference.at for difference in differences if difference.at is not None), default=None)
        requests = [
            SnapshotRequest(member, as_of, months)
            for as_of, months, members in timeline.snapshots
            if as_of == at
            for member in members
        ]
        if not requests:
            return False
        classes = _classes(self.policies[0])
        now = await load_snapshots(self.tx, requests, classes=classes)
        for row in await self.tx.raw.fetch(DECIDED_AT, timeline.customer_id, at):
            then = await load_snapshots(self.tx, requests, classes=classes, known_at=row["at"] - ON_THE_WAY)
            if any(_besides_orders(*pair) for pair in zip(now, then, strict=True)):
                return True
        return False


def _still_on(timeline: CustomerTimeline, due: frozenset[UUID]) -> CustomerTimeline:
    """The same where the timers of these overrides have not fired; also before it was joined of two (P12)."""
    overrides = [o._replace(ends_at=None) if o.override_id in due else o for o in timeline.overrides]
    joined = timeline.joined
    if joined is not None:
        joined = JoinedTimelines(joined.at, *(_still_on(part, due) for part in joined[1:]))
    return replace(timeline, overrides=overrides, joined=joined)


def _besides_orders(now: CustomerSnapshot, then: CustomerSnapshot) -> bool:
    """Whether two snapshots differ in anything but what follows from orders."""
    as_now = replace(
        then, figures=now.figures, first_order_ever=now.first_order_ever, last_order_ever=now.last_order_ever
    )  # fmt: skip
    return now != as_now


def _classes(timeline: PolicyTimeline) -> frozenset[str]:
    """All that any of the policies looks at."""
    graded = [activation.policy for activation in timeline.activations] + [review.policy for review in timeline.reviews]
    return frozenset[str]().union(*(policy.classes for policy in graded))


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


def differences_of(stored: StoredHistory, life: TierLife) -> Iterator[Difference]:
    """Each row, watch or field of the standing that is another one than the facts give; ids of rows are no
    difference."""
    who = f"customer_id={stored.standing.customer_id}"
    kept_rows, rows = ({row.effective_from: _row(row) for row in of} for of in (stored.rows, life.rows))
    for at, kept, given in _differing(kept_rows, rows):
        yield Difference(at, f"{who} row at {at.isoformat()}: {_both(kept, given)}")
    kept_watches, watches = (
        {watch.below_since: watch._asdict() for watch in of} for of in (stored.watches, life.watches)
    )
    for since, kept, given in _differing(kept_watches, watches):
        yield Difference(_first_instant(kept, given), f"{who} watch since {since.isoformat()}: {_both(kept, given)}")
    for field in OF_STANDINGS:
        before, now = getattr(stored.standing, field), getattr(life.standing, field)
        if before != now:
            yield Difference(None, f"{who} standing: kept {field}={_text(before)}, facts give {_text(now)}")


def _row(row: TierChange) -> Content:
    return {name: getattr(row, name) for name in OF_ROWS}


def _differing(
    kept: Mapping[datetime, Content], given: Mapping[datetime, Content]
) -> Iterator[tuple[datetime, Content | None, Content | None]]:
    for at in sorted(kept.keys() | given.keys()):
        if kept.get(at) != given.get(at):
            yield at, kept.get(at), given.get(at)


def _first_instant(kept: Content | None, given: Content | None) -> datetime:
    """Of a watch: when it was decided otherwise, at its beginning, or when one of the two had ended."""
    ends: list[datetime] = [watch["ended_at"] for watch in (kept, given) if watch is not None and watch["ended_at"]]
    if kept is not None and given is not None and kept["grace_until"] == given["grace_until"]:
        return min(ends)
    since: datetime = (kept or given or {})["below_since"]
    return since


def _both(kept: Content | None, given: Content | None) -> str:
    return f"kept {_shown(kept, given)}, facts give {_shown(given, kept)}"


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
