"""What may be merged, what survives, and what is undone first (P12): pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.profile_svc.files.domain.combined_file import ACCOUNT_MANAGER, CombinedFile, FileMerge, Side, combine
from services.profile_svc.files.domain.completeness import FIELDS
from services.profile_svc.groups.domain import Membership, has_ancestor
from shared.errors import DomainError, conflict, invalid
from shared.events import CustomersMerged, CustomersUnmerged

Keep = Mapping[str, Side]
KEPT_FIELDS = (*FIELDS, ACCOUNT_MANAGER)
"""Of what it can be said whose value is kept."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Two customers are one in [merged_at, unmerged_at); `unmerged_at` None: to this day."""

    merge_id: UUID
    root_id: UUID
    absorbed_id: UUID
    merged_at: datetime
    keep: Keep
    merged_by: str
    unmerged_at: datetime | None = None
    unmerged_by: str | None = None

    @property
    def is_in_force(self) -> bool:
        return self.unmerged_at is None

    def events(self) -> list[CustomersMerged]:
        """What is announced of it: the same for each of the two."""
        content = {"merge_id": self.merge_id, "root_id": self.root_id, "absorbed_id": self.absorbed_id}
        return [
            CustomersMerged(customer_id=customer_id, merged_at=self.merged_at, **content)
            for customer_id in (self.root_id, self.absorbed_id)
        ]

    def undoing_events(self) -> list[CustomersUnmerged]:
        """What is announced of its undoing: the same for each of the two."""
        assert self.unmerged_at is not None
        return [
            CustomersUnmerged(
                customer_id=customer_id,
                merge_id=self.merge_id,
                root_id=self.root_id,
                absorbed_id=self.absorbed_id,
                merged_at=self.merged_at,
                unmerged_at=self.unmerged_at,
            )
            for customer_id in (self.root_id, self.absorbed_id)
        ]


def check_mergeable(root: CombinedFile, absorbed: CombinedFile, keep: Keep) -> None:
    """422 for a customer with itself and for a field that nobody knows; 409 where they are one already, and for an
    organisation with a person."""
    if absorbed.id == root.id:
        if absorbed.absorbed:
            raise conflict("already_one", "These two are one customer already.", pointer="/absorbed")
        raise invalid("merge_with_itself", "A customer is not merged with itself.", pointer="/absorbed")
    kinds = {root.file.kind, absorbed.file.kind} - {"unknown"}
    if len(kinds) > 1:
        raise conflict("kinds_differ", "An organisation and a person are not one customer.", pointer="/absorbed")
    for name in keep:
        if name not in KEPT_FIELDS:
            raise invalid("field_not_known", "There is no such field to keep.", pointer=f"/keep/{name}")


def check_groups(root_id: UUID, memberships: Sequence[Membership], at: datetime) -> None:
    """409 when the two, being one, would be above themselves. `memberships`: of the two and of all above them, with
    whoever stands for each customer after the merge; those of members directly below one another say nothing more."""
    by_customer: dict[UUID, list[Membership]] = {}
    for membership in memberships:
        if not membership.is_within:
            by_customer.setdefault(membership.customer_id, []).append(membership)
    for membership in by_customer.get(root_id, ()):
        if has_ancestor(root_id, membership.parent_id, max(at, membership.since), membership.until, by_customer):
            raise conflict(
                "would_be_a_circle", "One of the two is below the other with a customer between them in the group."
            )


def when_next(at: datetime, merges: Sequence[Merge]) -> datetime:
    """`at`, or just after the last merge or undoing of the same customers: their instants grow."""
    latest = max((merge.unmerged_at or merge.merged_at for merge in merges), default=None)
    return at if latest is None or at > latest else latest + timedelta(microseconds=1)


def find_undoable(merges: Sequence[Merge], merge_id: UUID, members: Sequence[UUID]) -> Merge | None:
    """The merge that is to be undone; None where it was undone before.

    `merges`: all of a customer's, oldest first; `members`: who is one with it now. 409 when a later one of the same
    customer is in force: that one is undone first.
    """
    merge = next(merge for merge in merges if merge.merge_id == merge_id)
    if not merge.is_in_force:
        return None
    last = [other for other in merges if other.is_in_force and other.root_id in members][-1]
    if last.merge_id != merge_id:
        raise out_of_order(last)
    return merge


def out_of_order(last: Merge) -> DomainError:
    """409: a later merge of the same customer is in force."""
    return conflict(
        "undo_out_of_order", "A later merge of this customer is undone first.", last_merge_id=str(last.merge_id)
    )


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """What becomes of a field: the two values, whose survives, and whether they contradict each other."""

    name: str
    root: Any
    absorbed: Any
    survives: Side
    conflict: bool


def preview_fields(root: CombinedFile, absorbed: CombinedFile, keep: Keep) -> list[FieldOutcome]:
    """Field by field that one of the two files has, what a merge would make of it."""
    outcomes = []
    for name in FIELDS:
        of_root, of_absorbed = root.file.facts.get(name), absorbed.file.facts.get(name)
        if of_root is None and of_absorbed is None:
            continue
        survives = survivor(keep, name, of_root, of_absorbed)
        differs = None not in (of_root, of_absorbed) and of_root != of_absorbed
        outcomes.append(FieldOutcome(name, of_root, of_absorbed, survives, differs))
    return outcomes


def survivor(keep: Keep, name: str, of_root: object | None, of_absorbed: object | None) -> Side:
    """Whose value of a field would count: the root's, unless it has none, or the absorbed one's is to be kept."""
    if of_absorbed is not None and (of_root is None or keep.get(name) == "absorbed"):
        return "absorbed"
    return "root"


@dataclass(frozen=True, slots=True)
class OneOutcome:
    """Of what there is one at a time: what each of the two has, and which stays while they are one."""

    root: str | None
    absorbed: str | None
    stays: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do here; `refusal` says why it would not be made."""

    root_id: UUID
    absorbed_id: UUID
    refusal: DomainError | None
    fields: Sequence[FieldOutcome]
    account_manager: OneOutcome
    group_parent: OneOutcome
    completeness: int


def merged_file(root: CombinedFile, absorbed: CombinedFile, merge: FileMerge) -> CombinedFile:
    """The file as the merge would make it."""
    others = sorted({*root.absorbed, *absorbed.members})
    return combine({**root.own, **absorbed.own}, [root.id, *others], [*root.merges, *absorbed.merges, merge])
