"""A kind of rule set, as its service declares it once: how a document is read, how many are in force, what holds."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.messaging import Transaction
from shared.rule_sets.lifecycle import RuleSetStep, RuleSetVersion, StepRequest

Rules = TypeVar("Rules")

MOST_COMPILED = 256  # versions a kind keeps read in memory

Condition = Callable[[Transaction, RuleSetVersion, Sequence[RuleSetStep], Any], Awaitable[None]]
"""(tx, version, its history, the service's settings) -> None, or a refusal: what must be so before a step."""

Consequence = Callable[[Transaction, RuleSetVersion, StepRequest], Awaitable[None]]
"""(tx, version as it is now, request): what follows a step in the same transaction, like an event that announces it."""


@dataclass(frozen=True, slots=True)
class RuleSetKind(Generic[Rules]):
    """`name` is stored with every version; `read` makes rules of a version, and refuses a document that makes no sense.

    `single`: one version of the kind is in force at any instant, whatever its id, and never none once there was one;
    `only`: the id of its one document, where there are no others: whatever is written is a version of it, and the
    version's number alone names it. Not `single`: each id has a version in force of its own, and can be retired
    without another in its place. `slot_of` narrows that: of all ids with the same slot (a warning's cause, say) one can
    be in force, and another is refused as `taken` says. `notice`: how long before its beginning a version has to be
    activated, where the deployment says nothing else (`settings`).
    `before_writing` refuses a draft, besides what `read` does, by what else is in the database.
    """

    name: str
    read: Callable[[RuleSetVersion], Rules]
    single: bool = True
    only: UUID | None = None
    slot_of: Callable[[RuleSetVersion], str] | None = None
    taken: tuple[str, str] = ("slot_taken", "Another rule set in force has this place.")
    notice: timedelta = timedelta(0)
    before_writing: Condition | None = None
    before_approval: Condition | None = None
    before_activation: Condition | None = None
    after_activation: Consequence | None = None
    after_retirement: Consequence | None = None
    compiled: dict[tuple[UUID, int, str], Rules] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Rules that were read, by id, version and fingerprint: a document is read once a process."""

    def slot(self, version: RuleSetVersion) -> str:
        if self.slot_of is not None:
            return self.slot_of(version)
        return "" if self.single else str(version.id)

    def compile(self, version: RuleSetVersion) -> Rules:
        """What `read` makes of the version, kept: a version never changes; its fingerprint tells databases apart."""
        key = (version.id, version.version, version.fingerprint)
        if key not in self.compiled:
            rules = self.read(version)
            while len(self.compiled) >= MOST_COMPILED:
                self.compiled.pop(next(iter(self.compiled)))
            self.compiled[key] = rules
        return self.compiled[key]
