"""Which policy graded a customer when (T9, T10): activations and applied reviews, by the time they hold from."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Policy

BEGINNING = datetime.min.replace(tzinfo=UTC)
LATER = datetime.max.replace(tzinfo=UTC)


class PolicyActivation(NamedTuple):
    """From an instant on a version of a policy is in force; of a population without cut-offs."""

    instant: datetime
    policy: Policy


class AppliedReview(NamedTuple):
    """A review that takes effect for everybody, as of an instant, by a policy with the cut-offs it found itself.
    `applied_at`: when it began to take effect."""

    as_of: datetime
    run_id: UUID
    policy: Policy
    applied_at: datetime = LATER


class PolicyTimeline:
    """The policies of all times. Activations and reviews come by time; reviews of one instant in the order they were
    done. There is at least one activation: a policy ships with Patron."""

    def __init__(self, activations: Sequence[PolicyActivation], reviews: Sequence[AppliedReview]) -> None:
        self.activations = tuple(activations)
        self.reviews = tuple(reviews)
        self._activated = [activation.instant for activation in activations]
        self._reviewed = [review.as_of for review in reviews]

    def of_customer(self, first_known: datetime) -> "PolicyTimeline":
        """The policies of a customer whose first fact was recorded at `first_known`.

        They begin with the policy in force then, for all that happened before: nobody could have decided it earlier.
        Reviews that other policies had done by then do not concern the customer.
        """
        first = self._in_force(first_known)
        return PolicyTimeline(
            [PolicyActivation(BEGINNING, first), *(a for a in self.activations if a.instant > first_known)],
            [r for r in self.reviews if r.applied_at >= first_known or _key(r.policy) == _key(first)],
        )

    def governing(self, instant: datetime) -> Policy:
        """The policy that grades at an instant, with the cut-offs of its last review by then: the last one that was
        activated, or that a review decided by."""
        reviewed, activated = bisect_right(self._reviewed, instant), bisect_right(self._activated, instant)
        if reviewed and (activated == 0 or self._activated[activated - 1] <= self.reviews[reviewed - 1].as_of):
            return self.reviews[reviewed - 1].policy
        return self._with_cutoffs(self._in_force(instant), reviewed)

    def in_force(self, instant: datetime) -> Policy:
        """The version in force at an instant, with the cut-offs of its last review by then."""
        return self._with_cutoffs(self._in_force(instant), bisect_right(self._reviewed, instant))

    def _in_force(self, instant: datetime) -> Policy:
        """The version in force then; before the first one the first."""
        return self.activations[max(bisect_right(self._activated, instant) - 1, 0)].policy

    def _with_cutoffs(self, policy: Policy, reviewed: int) -> Policy:
        if not policy.of_population:
            return policy
        for review in reversed(self.reviews[:reviewed]):
            if _key(review.policy) == _key(policy):
                return review.policy
        return policy

    @property
    def grades_groups(self) -> bool:
        """Whether any policy, of any time, grades the head of a group by the figures of all its members (P2)."""
        return any(policy.together for policy in self._policies())

    @property
    def classes(self) -> frozenset[str]:
        """The classes of facts that policies of any time look at, beyond the sums of orders."""
        return frozenset().union(*(policy.classes for policy in self._policies()))

    def _policies(self) -> Iterator[Policy]:
        yield from (activation.policy for activation in self.activations)
        yield from (review.policy for review in self.reviews)

    def has_others(self, policy: Policy) -> bool:
        """Whether any other version graded customers at any time."""
        return {_key(graded) for graded in self._policies()} != {_key(policy)}

    def reviews_until(self, instant: datetime) -> Sequence[AppliedReview]:
        """The reviews as of instants up to this one."""
        return self.reviews[: bisect_right(self._reviewed, instant)]


def _key(policy: Policy) -> tuple[UUID, int]:
    return policy.policy_id, policy.version
