"""Where a customer stood as of an instant, as known at another (T10): what a review decides from, now or repeated."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import NamedTuple, get_args
from uuid import UUID

from services.tiering_svc.core.domain.calendar import add_months
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import ChangeKind, Standing


class StandingAsOf(NamedTuple):
    """The row of the history that was in force, with the watch that was on, as far as both were known then."""

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


def standing_of(stood: StandingAsOf, placed_by: Policy, as_of: datetime, zone: tzinfo) -> Standing:
    """What a review looks at, put together again; the floor is not part of it: it only matters to what is applied."""
    kept = placed_by.life.keep_months
    privileged = kept > 0 and stood.kind in ("first", "upgrade")
    until = stood.overridden_until
    return Standing(
        stood.customer_id, stood.tier, stood.rank, stood.since, stood.row_id, KINDS[stood.kind], stood.policy_id,
        stood.policy_version, ladder=placed_by.ladder, below_since=stood.below_since, grace_until=stood.grace_until,
        retained_until=add_months(stood.since, kept, zone) if privileged else None,
        overridden_until=until if until is not None and until > as_of else None, promised_until=stood.promised_until,
    )  # fmt: skip


def still_stands(then: Standing, now: Standing, as_of: datetime) -> bool:
    """Nothing has happened since that a review of `as_of` would overwrite: only then is its decision applied.

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
    if now.overridden_until is None or _overridden(now, as_of):
        return now
    return now._replace(overridden_until=None)
