"""A customer's standing as of an instant, as known at another (T10): what a review decides from, now or repeated."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, get_args
from uuid import UUID

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
    promised_until: datetime | None
    retained_until: datetime | None


KINDS: Mapping[str, ChangeKind] = {kind: kind for kind in get_args(ChangeKind)}


def standing_of(past: StandingAsOf, placed_by: Policy, as_of: datetime) -> Standing:
    """The standing a review looks at, put together again from what is kept. `placed_by`: the policy behind the row."""
    until = past.overridden_until
    return Standing(
        past.customer_id, past.tier, past.rank, past.since, past.row_id, KINDS[past.kind], past.policy_id,
        past.policy_version, ladder=placed_by.ladder, below_since=past.below_since, grace_until=past.grace_until,
        retained_until=past.retained_until, overridden_until=until if until is not None and until > as_of else None,
        promised_until=past.promised_until,
    )  # fmt: skip


def still_stands(then: Standing, now: Standing) -> bool:
    """Whether the kept standing is still that of then: the same row, grace, retention, promise and override."""
    return _watched(then) == _watched(now)


def _watched(standing: Standing) -> tuple[object, ...]:
    return (
        standing.row_id, standing.below_since, standing.grace_until, standing.retained_until, standing.promised_until,
        standing.overridden_until,
    )  # fmt: skip
