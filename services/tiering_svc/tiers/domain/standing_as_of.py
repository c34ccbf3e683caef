"""A customer's standing as of an instant, as known at another (T10): what a review decides from, now or repeated."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import NamedTuple, get_args
from uuid import UUID

from services.tiering_svc.core.domain.calendar import add_months
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import ChangeKind, Standing


class StandingAsOf(NamedTuple):
    """The row of the history that was in force, and its grace if it ran, as far as both were known then."""

    customer_id: UUID
    row_id: UUID
    tier: str
    rank: int
    since: datetime
    kind: str
    policy_id: UUID
    policy_version: int
    overridden_until: datetime | None
    below_since: datetime | None
    grace_until: datetime | None
    promised_until: datetime | None = None


KINDS: Mapping[str, ChangeKind] = {kind: kind for kind in get_args(ChangeKind)}


def standing_of(past: StandingAsOf, placed_by: Policy, as_of: datetime, zone: tzinfo) -> Standing:
    """The standing a review looks at, put together again from what is kept. It has no floor: that matters only to
    what is applied. `placed_by`: the policy behind the row."""
    kept = placed_by.life.keep_months
    privileged = kept > 0 and past.kind in ("first", "upgrade")
    until = past.overridden_until
    return Standing(
        past.customer_id, past.tier, past.rank, past.since, past.row_id, KINDS[past.kind], past.policy_id,
        past.policy_version, ladder=placed_by.ladder, below_since=past.below_since, grace_until=past.grace_until,
        retained_until=add_months(past.since, kept, zone) if privileged else None,
        overridden_until=until if until is not None and until > as_of else None, promised_until=past.promised_until,
    )  # fmt: skip


def still_stands(then: Standing, now: Standing, as_of: datetime) -> bool:
    """Whether nothing has happened since that a review of `as_of` would overwrite: only then its decision is applied.

    An order, a correction, an override, a promise or another review in between leaves another row, or another watch.
    """
    return _watched(then, as_of) == _watched(now, as_of)


def _watched(standing: Standing, as_of: datetime) -> tuple[object, ...]:
    kept = standing.kept_until
    return (
        standing.row_id, standing.below_since, standing.grace_until, kept is not None and kept > as_of,
        _overridden(standing, as_of),
    )  # fmt: skip


def _overridden(standing: Standing, as_of: datetime) -> bool:
    """One that was over by then is over, though its timer may not have come by yet."""
    return standing.overridden_until is not None and standing.overridden_until > as_of


def standing_at(now: Standing, as_of: datetime) -> Standing:
    """Today's standing as a review of `as_of` looks at it: without an override that was over by then."""
    if now.overridden_until is None or _overridden(now, as_of):
        return now
    return now._replace(overridden_until=None)
