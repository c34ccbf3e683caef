"""One file out of those of merged customers (P12): which member's value of a field counts, and the file they make.

Nothing is copied: each member keeps its own file, and what is shown is made from them by the merges in force, oldest
first. So taking a merge back leaves nothing behind.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from services.profile_svc.files.domain.completeness import FIELDS
from services.profile_svc.files.domain.customer_file import CustomerFile

Side = Literal["root", "absorbed"]

ACCOUNT_MANAGER = "account_manager"
"""A field of the account team that is decided like those of the file: there is one at a time (P5)."""


@dataclass(frozen=True, slots=True)
class FileMerge:
    """A merge in force, and what was decided with it.

    `keep`: by field, whose value was chosen. `edited`: fields that were changed since; the root's value counts, also
    where it has none: what somebody took away does not come back from the absorbed file.
    """

    merge_id: UUID
    root_id: UUID
    absorbed_id: UUID
    keep: Mapping[str, Side] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CombinedFile:
    """The file of a customer, and of whom it is made: its own alone, where it was merged with nobody.

    `members`: who stands for all first, the others by id, as far as who asks may see them. `own`: each one's own file.
    `merges`: those in force between them, oldest first.
    """

    file: CustomerFile
    members: tuple[UUID, ...]
    own: Mapping[UUID, CustomerFile]
    merges: tuple[FileMerge, ...] = ()

    @property
    def id(self) -> UUID:
        """Who stands for all."""
        return self.members[0]

    @property
    def absorbed(self) -> tuple[UUID, ...]:
        """All but who stands for them."""
        return self.members[1:]

    @property
    def edition(self) -> str:
        """What an ETag says: the file's version; of several files, each one's, and what is decided about them."""
        if not self.merges:
            return str(self.file.version)
        versions = ".".join(str(self.own[id].version) for id in self.members)
        return f"{self.merges[-1].merge_id}.{versions}.{sum(len(merge.edited) for merge in self.merges)}"

    @property
    def edited_member(self) -> UUID:
        """Whose own file is changed by what is changed in this one: the root's; where the root has but a stub, that of
        the first member who has a file."""
        return next((id for id in self.members if self.own[id].kind != "unknown"), self.id)

    @property
    def edited_fields(self) -> dict[str, list[str]]:
        """By merge, of those that made others one with the edited member: the fields that were changed since."""
        return {
            str(merge.merge_id): sorted(merge.edited) for merge in self.merges if merge.root_id == self.edited_member
        }

    def amended(self, own: CustomerFile, fields: Collection[str]) -> "CombinedFile":
        """The same with another file of the edited member's, whose value of these fields counts from now on."""
        merges = [
            replace(merge, edited=merge.edited | frozenset(fields)) if merge.root_id == own.id else merge
            for merge in self.merges
        ]
        return combine({**self.own, own.id: own}, self.members, merges)

    def surviving(self, name: str, having: Collection[UUID]) -> UUID | None:
        """Whose value of the field `name` counts, among the members who have one."""
        return surviving_member(name, self.members, having, self.merges)


def combine(files: Mapping[UUID, CustomerFile], members: Sequence[UUID], merges: Sequence[FileMerge]) -> CombinedFile:
    """One file of the members' own ones. `members`: who stands for all first. `merges`: in force, oldest first."""
    first = files[members[0]]
    if len(members) == 1:
        return CombinedFile(first, tuple(members), files, tuple(merges))
    facts = {}
    for name in FIELDS:
        having = [id for id in members if files[id].facts.get(name) is not None]
        survivor = surviving_member(name, members, having, merges)
        if survivor is not None:
            facts[name] = files[survivor].facts[name]
    file = replace(
        first,
        kind=next((files[id].kind for id in members if files[id].kind != "unknown"), "unknown"),
        facts=facts,
        registered_at=min(files[id].registered_at for id in members),
        updated_at=max(files[id].updated_at for id in members),
    )
    return CombinedFile(file, tuple(members), files, tuple(merges))


def surviving_member(
    name: str, members: Sequence[UUID], having: Collection[UUID], merges: Sequence[FileMerge]
) -> UUID | None:
    """Whose value of a field counts: the root's, unless the merge says the absorbed one's, or the root has none.

    Merges are taken oldest first, so that an absorbed customer brings what its own merges made of it. A member who is
    not among those that may be seen (`members`) has no value.
    """
    survivors: dict[UUID, UUID | None] = {id: id if id in having else None for id in members}
    for merge in merges:
        of_root, of_absorbed = survivors.get(merge.root_id), survivors.get(merge.absorbed_id)
        if name in merge.edited and merge.root_id in survivors:
            survivor = of_root
        elif merge.keep.get(name) == "absorbed":
            survivor = of_absorbed or of_root
        else:
            survivor = of_root or of_absorbed
        survivors[merge.root_id] = survivor
    top = merges[-1].root_id if merges else members[0]
    return survivors.get(top)
