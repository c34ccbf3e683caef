"""What tiering announces: a customer's tier changed, a policy is in force, a review was applied (T9, T10)."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Amount, Code, Event, Instant, Part, catalogued

TOPIC = "patron.tiering"

# What tiering itself writes today. On the wire it is a code: a later release may announce others.
TierChangeKind = Literal["first", "upgrade", "downgrade", "correction", "override"]


class TierPeriod(Part):
    """One row of a customer's tier history: a tier from an instant on, until the next period begins."""

    change_id: UUID
    """The row of the tier history; a row whose date, tier, kind and reasons did not change keeps its id."""
    previous_tier: Code | None = None
    """The tier before this row, missing when it is the first."""
    tier: Code
    """The tier in force, a code of the policy."""
    rank: int
    """The tier's place in its policy, 0 the lowest."""
    kind: Code
    """Why: `first` tier, `upgrade`, `downgrade`, `correction` of what stood before, or `override` (set by a person);
    there may be others."""
    effective_from: Instant
    """From when on the tier holds."""
    policy_id: UUID
    """The policy it was decided by."""
    policy_version: int
    """That policy's version."""
    run_id: UUID | None = None
    """The review that decided it, where one did."""


@catalogued
class TierChanged(Event):
    """A customer's tier history is another one from an instant on: its tail replaces what stood from there (T10).

    There is one event a customer and decision. Whoever keeps a copy drops every period that begins at or after
    `changed_from`, or the beginning of the first of `periods` where that is earlier, then adds these. The other fields
    describe the open row: the tier now.
    """

    type: ClassVar[str] = "tiering.tier_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "effective_from"

    customer_id: UUID
    """Whose tier changed."""
    change_id: UUID
    """The open row of the tier history: the last of `periods`."""
    previous_tier: Code | None = None
    """The tier before the open row, missing when it is the first."""
    tier: Code
    """The tier now, a code of the policy."""
    rank: int
    """The tier's place in its policy, 0 the lowest: so that tiers nobody knows can be compared."""
    kind: Code
    """Why: `first` tier, `upgrade`, `downgrade`, `correction` of what stood before, or `override` (set by a person);
    there may be others."""
    effective_from: Instant
    """From when on the tier of the open row holds."""
    decided_at: Instant
    """When the change was decided."""
    policy_id: UUID
    """The policy it was decided by."""
    policy_version: int
    """That policy's version."""
    run_id: UUID | None = None
    """The review that decided it, where one did."""
    changed_from: Instant | None = None
    """The first instant from which the history is another than before; missing: `effective_from`."""
    periods: tuple[TierPeriod, ...] = ()
    """The rows in force from `changed_from` on, oldest first; the first may have begun before it, the last is open.
    Missing: the open row alone."""
    withdrawn: bool = False
    """The customer has no tier at all: it had one only as one with another customer, and that was undone (P12). There
    are no `periods`; the other fields describe the row that was open until now."""

    @property
    def tail(self) -> tuple[TierPeriod, ...]:
        """The rows in force from the first change on; at least the open one, unless the tier was withdrawn."""
        if self.withdrawn:
            return ()
        return self.periods or (
            TierPeriod(
                change_id=self.change_id, previous_tier=self.previous_tier, tier=self.tier, rank=self.rank,
                kind=self.kind, effective_from=self.effective_from, policy_id=self.policy_id,
                policy_version=self.policy_version, run_id=self.run_id,
            ),
        )  # fmt: skip

    @property
    def first_change_at(self) -> datetime:
        """The first instant from which the history is another than before."""
        return self.changed_from or self.effective_from

    @property
    def replaced_from(self) -> datetime:
        """The instant from which the tail takes the place of what a copy has: where it begins, or earlier."""
        return min([self.first_change_at, *(period.effective_from for period in self.tail[:1])])


def join_tails(changes: Iterable[TierChanged]) -> dict[UUID, TierChanged]:
    """What the events of a batch come to, one a customer: taking it in leaves what taking in all of them would leave.

    `changes` in the order they were announced. The last event of a customer says the tier now; of the tails before it
    stays what begins earlier than its own.
    """
    joined: dict[UUID, TierChanged] = {}
    for change in changes:
        before = joined.get(change.customer_id)
        if before is not None:
            kept = tuple(period for period in before.tail if period.effective_from < change.replaced_from)
            since = min(before.first_change_at, change.first_change_at)
            change = change.model_copy(update={"changed_from": since, "periods": kept + change.tail})
        joined[change.customer_id] = change
    return joined


@catalogued
class PolicyActivated(Event):
    """A version of a tier policy is in force (T9)."""

    type: ClassVar[str] = "tiering.policy_activated.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "policy_id"
    time_field: ClassVar[str] = "activated_at"

    policy_id: UUID
    """The policy, which is also the key: there is no customer."""
    version: int
    """The version that is in force now."""
    activated_at: Instant
    """From when on it holds."""


@catalogued
class ReviewApplied(Event):
    """A review of everybody's tier was applied (T10). Each customer's change is an event of its own."""

    type: ClassVar[str] = "tiering.review_applied.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "run_id"
    time_field: ClassVar[str] = "as_of"

    run_id: UUID
    """The review, which is also the key: there is no customer."""
    as_of: Instant
    """The instant as of which everybody was graded."""
    policy_id: UUID
    """The policy it graded by."""
    policy_version: int
    """That policy's version."""
    customers: int
    """How many customers were graded."""
    up: int
    """How many rose."""
    down: int
    """How many fell."""


@catalogued
class SatisfactionMeasured(Event):
    """A customer answered a questionnaire; satisfaction is experience less expectation (T16)."""

    type: ClassVar[str] = "tiering.satisfaction_measured.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "answered_at"

    customer_id: UUID
    """The customer who answered."""
    answer_id: UUID
    """The answered questionnaire."""
    expectation: Amount
    """What the customer expects, on the scale of the index."""
    experience: Amount
    """What it experienced, on the same scale."""
    answered_at: Instant
    """When it answered."""


@catalogued
class TieringDataErased(Event):
    """Tiering holds nothing personal any more of a customer, or of a person at its account (P13)."""

    type: ClassVar[str] = "tiering.data_erased.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "erased_at"

    customer_id: UUID
    """Whose data was erased, or at whose account the person was."""
    erasure_id: UUID
    """The erasure that this is a receipt of."""
    person_id: UUID | None = None
    """The person who is no customer, where it was one; missing: the customer itself."""
    erased_at: Instant
    """When there was nothing left."""
    stores: tuple[Code, ...]
    """The stores in which there was something: tables, stored replies, files. Empty where there was nothing."""
