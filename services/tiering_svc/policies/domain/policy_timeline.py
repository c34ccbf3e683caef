"""Which policy graded a customer when (T9, T10): activations and applied reviews, by the time they hold from."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Policy


class PolicyActivation(NamedTuple):
    """From an instant on a version of a policy is in force; of a population without cut-offs."""

    instant: datetime
    policy: Policy


class AppliedReview(NamedTuple):
    """A review that takes effect for everybody, as of an instant, by a policy with the cut-offs it found itself."""

    as_of: datetime
    run_id: UUID
    policy: Policy


class PolicyTimeline:
    """The policies of all times. Activations and reviews come by time; reviews of one instant in the order they were
    done. There is at least one activation: a policy ships with Patron."""

    def __init__(self, activations: Sequence[PolicyActivation], reviews: Sequence[AppliedReview]) -> None:
        self.activations = tuple(activations)
        self.reviews = tuple(reviews)
        self._activated = [activation.instant for activation in activations]
        self._reviewed = [review.as_of for review in reviews]

    def governing(self, instant: datetime, first_known: datetime) -> Policy:
        """The policy that grades a customer at an instant, with the cut-offs of the last review by then.

        It is the last one that was activated, or that a review decided by. Before all reviews, a past that was over
        when the customer's first fact was recorded is graded by the policy of that day: nobody could have decided
        it earlier.
        """
        reviewed = bisect_right(self._reviewed, instant)
        if reviewed == 0:
            return self._in_force(max(instant, first_known))
        last = self.reviews[reviewed - 1]
        activated = bisect_right(self._activated, instant)
        if activated == 0 or self._activated[activated - 1] <= last.as_of:
            return last.policy
        return self._with_cutoffs(self.activations[activated - 1].policy, reviewed)

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
            if (review.policy.policy_id, review.policy.version) == (policy.policy_id, policy.version):
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
        keys = {(graded.policy_id, graded.version) for _, graded in self.activations}
        keys |= {(review.policy.policy_id, review.policy.version) for review in self.reviews}
        return keys != {(policy.policy_id, policy.version)}

    def reviews_until(self, instant: datetime) -> Sequence[AppliedReview]:
        """The reviews as of instants up to this one."""
        return self.reviews[: bisect_right(self._reviewed, instant)]
