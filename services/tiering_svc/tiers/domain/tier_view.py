"""A customer's tier as of an instant, as known at another (T9): the row in force, what happened since it began, and the
figures of that instant. The tier, its explanation and the desk are told from this alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import PolicyTimeline
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_life import TierLife
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline, JoinedTimelines

DevelopmentKind = Literal["kept", "grace", "promise", "promise_withdrawn", "override_ended", "policy"]


@dataclass(frozen=True, slots=True)
class Development:
    """Something that happened since a tier began and did not change it: a review that kept it (`kept`) or found less
    (`grace`), a person's promise, an override that ended with the same tier, another policy in force."""

    kind: DevelopmentKind
    at: datetime
    run_id: UUID | None = None
    until: datetime | None = None
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class TierView:
    """What there is to say: until when the tier is kept and why, what happened since it began, and the figures."""

    standing: Standing
    developments: Sequence[Development]
    policy: Policy  # in force at the instant
    assessment: dict[str, Any]  # reasons by it, as of the instant


def facts_until(timeline: CustomerTimeline, as_of: datetime) -> CustomerTimeline:
    """The facts that had happened by an instant. What came back of them counts whenever it did."""
    joined = timeline.joined
    if joined is not None and joined.at > as_of:  # they were still two
        part = next(part for part in joined[1:] if timeline.customer_id in part.everybody)
        return facts_until(replace(part, customer_id=timeline.customer_id), as_of)
    if joined is not None:
        joined = JoinedTimelines(joined.at, *(facts_until(part, as_of) for part in joined[1:]))
    orders = [order for order in timeline.orders if order.placed_at <= as_of]
    placed = {order.order_id for order in orders}
    return replace(
        timeline,
        orders=orders,
        reversals=[reversal for reversal in timeline.reversals if reversal.reversal.order_id in placed],
        overrides=[
            override if override.ends_at is None or override.ends_at <= as_of else override._replace(ends_at=None)
            for override in timeline.overrides
            if override.starts_at <= as_of
        ],
        promises=[promise for promise in timeline.promises if promise.at <= as_of],
        group=None if timeline.group is None else timeline.group.until(as_of),
        joined=joined,
    )


def developments_since(
    began: datetime, as_of: datetime, life: TierLife, timeline: CustomerTimeline, policies: PolicyTimeline
) -> list[Development]:
    """What happened after a tier began, up to an instant, in order of time."""
    happened = [
        *_reviews(life), *_promises(timeline), *_override_ends(timeline),
        *(Development("policy", instant, policy=policy) for instant, policy in policies.activations),
    ]  # fmt: skip
    return sorted(
        (development for development in happened if began < development.at <= as_of),
        key=lambda development: development.at,
    )


def _reviews(life: TierLife) -> Iterator[Development]:
    for reviewed in life.reviews:
        if reviewed.decision.outcome == "kept":
            yield Development("kept", reviewed.review.as_of, reviewed.review.run_id)
        elif reviewed.decision.outcome == "grace":
            until = reviewed.decision.standing.grace_until
            yield Development("grace", reviewed.review.as_of, reviewed.review.run_id, until)


def _promises(timeline: CustomerTimeline) -> Iterator[Development]:
    for at, until, _ in timeline.promises:
        yield Development("promise_withdrawn" if until is None else "promise", at, until=until)


def _override_ends(timeline: CustomerTimeline) -> Iterator[Development]:
    return (
        Development("override_ended", override.ends_at) for override in timeline.overrides if override.ends_at
    )  # fmt: skip
