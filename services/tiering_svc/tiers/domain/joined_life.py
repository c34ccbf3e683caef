"""Customers who become one (P12, T10): where their common life begins, and what that makes of each member's own.

From the instant of a merge on all members have the same tier, graded by the figures of all. None of them falls by it:
the common life begins with the best tier that one of them has, is raised at once where the figures of all earn more,
and falls at a review like any other. What a person set or promised for one of them holds for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.explanation import decision_reasons
from services.tiering_svc.tiers.domain.standing import ChangeKind, Standing
from services.tiering_svc.tiers.domain.tier_changes import Facts, TierChange

NO_ID = UUID(int=0)  # of rows that are not stored yet
LATER = datetime.max.replace(tzinfo=UTC)
OF_ROW = ("since", "row_id", "kind", "policy_id", "policy_version", "cutoffs_of")  # what a standing has of its row

Promises = Mapping[UUID | None, datetime | None]  # by customer, until when its tier is promised; None: no longer


class Watch(NamedTuple):
    """A time below the tier: since which review, until when it is at least kept, and when it was over (None: it is
    not)."""

    below_since: datetime
    grace_until: datetime
    ended_at: datetime | None


class LifeState(NamedTuple):
    """Where a life has come to: the standing, the override that is on, and what is promised to whom."""

    standing: Standing
    override_on: UUID | None
    promises: Promises


class MemberEntry(NamedTuple):
    """How a member comes into the common life: where it stands then, with what is its own alone (the row it stands on,
    since when it was below its tier), and the row that begins there, if one does."""

    standing: Standing
    row: TierChange | None


def promised_until(promises: Promises) -> datetime | None:
    """Until when a promise to anybody holds."""
    return max((until for until in promises.values() if until is not None), default=None)


class JoinedState(NamedTuple):
    """The beginning of a common life, and which of the two states it goes on from."""

    state: LifeState
    chosen: int


def joined_state(root: LifeState, absorbed: LifeState, ladder: str) -> JoinedState:
    """The beginning of the common life. An override holds for all, the one that was set last; else the best tier does:
    one of the governing policy's pyramid (`ladder`) before others, then one of the root's, then the higher one. It is
    kept for as long as that of any who had it; where one who had it was not below it, nothing is watched."""
    states = (root, absorbed)
    overridden = [number for number, state in enumerate(states) if state.override_on is not None]
    if overridden:
        last = max(overridden, key=lambda number: (_since(states[number]), -number))
        return JoinedState(
            LifeState(states[last].standing._replace(promised_until=None), states[last].override_on, {}), last
        )
    promises = {**absorbed.promises, **root.promises}

    def value(number: int) -> tuple[bool, bool, bool, int]:
        standing = states[number].standing
        placed = standing.tier is not None
        return placed, standing.ladder == ladder, standing.ladder == root.standing.ladder, standing.rank

    alike = [number for number in (0, 1) if value(number) == max(value(0), value(1))]
    chosen = max(alike, key=lambda number: (_kept_until(states[number].standing), -number))
    retained = [until for number in alike if (until := states[number].standing.retained_until) is not None]
    standing = states[chosen].standing._replace(
        retained_until=max(retained, default=None), promised_until=promised_until(promises)
    )
    return JoinedState(LifeState(standing, None, promises), chosen)


def _since(state: LifeState) -> datetime:
    assert state.standing.since is not None
    return state.standing.since


def _kept_until(standing: Standing) -> datetime:
    return LATER if standing.grace_until is None else standing.grace_until


class Entering(NamedTuple):
    """The first instant of a common life: where all stand after it, by which override (None: by none), the row that it
    begins with (if it does), and the row that the tier it goes on from stands on."""

    at: datetime
    standing: Standing
    override_on: UUID | None
    change: TierChange | None
    origin: TierChange | None
    policy: Policy
    facts: Facts
    month: date


def entered(before: Standing, override_on: UUID | None, entering: Entering) -> MemberEntry:
    """A member that stood at `before`, by an override or by none, is one with others from this instant on."""
    now, kind = entering.standing, _kind_of(before, override_on, entering)
    if kind is None:
        return MemberEntry(
            now._replace(
                customer_id=before.customer_id, first_known=before.first_known, below_since=before.below_since,
                **{name: getattr(before, name) for name in OF_ROW},
            ), None,
        )  # fmt: skip
    row = _row(before, kind, entering)
    cutoffs_of = now.cutoffs_of if row.policy_id == now.policy_id else entering.policy.run_id
    return MemberEntry(_standing_on(row, before, now, cutoffs_of), row)


def _kind_of(before: Standing, override_on: UUID | None, entering: Entering) -> ChangeKind | None:
    """What the member's row is, if one begins. An override that it had already, by an earlier merge too, goes on."""
    now = entering.standing
    if now.tier is None:
        return None
    if entering.override_on is not None:
        return None if override_on == entering.override_on else "override"
    if before.tier is None or before.ladder != now.ladder:
        return "first"
    if now.rank == before.rank:
        return None
    return "upgrade" if now.rank > before.rank else "downgrade"


def _row(before: Standing, kind: ChangeKind, entering: Entering) -> TierChange:
    """The common life's own row; else one that tells of the merge: by the figures of all, or, on another pyramid than
    the governing policy's or in an override, as the tier was given to the one who had it."""
    now, policy, change, origin = entering.standing, entering.policy, entering.change, entering.origin
    assert now.tier is not None
    whose: dict[str, Any] = {"customer_id": before.customer_id, "previous_tier": before.tier, "kind": kind}
    if change is not None and change.kind == kind:
        return replace(change, **whose)
    if change is not None and change.kind != "correction":
        return replace(change, **whose, run_id=None, reasons=dict(change.reasons) | {"trigger": "merge"})
    if now.ladder == policy.ladder and kind != "override":
        reasons = decision_reasons(policy, entering.facts, entering.month, now.rank, trigger="merge")
        return TierChange(
            NO_ID, before.customer_id, before.tier, now.tier, now.rank, kind, entering.at, policy.policy_id,
            policy.version, None, now.retained_until, reasons,
        )  # fmt: skip
    assert origin is not None
    reasons = {name: value for name, value in origin.reasons.items() if name not in ("order_id", "run_id")}
    if kind != "override":
        reasons["trigger"] = "merge"
    return replace(
        origin, **whose, row_id=NO_ID, effective_from=entering.at, run_id=None, retained_until=now.retained_until,
        reasons=reasons,
    )  # fmt: skip


def corrected_entry(
    before: Standing, entering: Entering, decided_tier: str, order_id: UUID | None
) -> MemberEntry:  # fmt: skip
    """As `entered`, where a higher tier had been decided for the instant, before something came back (K18)."""
    now, policy = entering.standing, entering.policy
    assert now.tier is not None
    reasons = decision_reasons(
        policy, entering.facts, entering.month, now.rank, trigger="reversal", order_id=order_id
    )  # fmt: skip
    row = TierChange(
        NO_ID, before.customer_id, decided_tier, now.tier, now.rank, "correction", entering.at, policy.policy_id,
        policy.version, None, now.retained_until, reasons,
    )  # fmt: skip
    return MemberEntry(_standing_on(row, before, now, policy.run_id), row)


def _standing_on(row: TierChange, before: Standing, now: Standing, cutoffs_of: UUID | None) -> Standing:
    return now._replace(
        customer_id=before.customer_id, first_known=before.first_known, below_since=before.below_since,
        since=row.effective_from, row_id=row.row_id, kind=row.kind, policy_id=row.policy_id,
        policy_version=row.policy_version, cutoffs_of=cutoffs_of,
    )  # fmt: skip


def standing_of_member(entry: MemberEntry, now: Standing, begins: datetime, *, has_rows: bool) -> Standing:
    """Where a member of a common life stands. `now`: where all stand; `has_rows`: on a row of all of them, that began
    after `begins`."""
    own = entry.standing
    standing = now._replace(customer_id=own.customer_id, first_known=own.first_known)
    if not has_rows:
        standing = standing._replace(**{name: getattr(own, name) for name in OF_ROW})
    if standing.below_since is not None and standing.below_since < begins and standing.below_since != own.below_since:
        return standing._replace(below_since=begins)  # who was below its tier before was another member
    return standing


def watches_of_member(own: Sequence[Watch], common: Sequence[Watch], begins: datetime) -> list[Watch]:
    """All watches of a member: its own until `begins`, then those of all; what goes on from somebody else's begins for
    it with the common life."""
    watches, going_on = list(own), None
    if own and own[-1].ended_at is None:
        going_on = watches.pop()
    inherited = common[0] if common and common[0].below_since < begins else None
    if going_on is not None and (inherited is None or inherited.below_since != going_on.below_since):
        watches.append(going_on._replace(ended_at=begins))
    for watch in common:
        if watch is inherited and (going_on is None or watch.below_since != going_on.below_since):
            watch = watch._replace(below_since=begins)
        watches.append(watch)
    return [watch for watch in watches if watch.ended_at is None or watch.ended_at > watch.below_since]
