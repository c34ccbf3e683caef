"""Two customers become one, and two again (P12)."""

from dataclasses import replace
from uuid import UUID

from services.profile_svc.files.domain.combined_file import ACCOUNT_MANAGER, CombinedFile, FileMerge
from services.profile_svc.files.repository import customer_files
from services.profile_svc.groups.domain import place_in_group
from services.profile_svc.groups.repository import list_above, list_memberships, lock_groups
from services.profile_svc.merges import repository
from services.profile_svc.merges.domain import (
    Keep,
    Merge,
    OneOutcome,
    Preview,
    check_groups,
    check_mergeable,
    find_undoable,
    merged_file,
    preview_fields,
    when_next,
)
from services.profile_svc.teams.domain import team_of_merged
from services.profile_svc.teams.repository import list_members as list_team
from shared.chassis import Actor
from shared.chassis.audit import add_access, name_in_trail
from shared.customers import list_members
from shared.errors import DomainError
from shared.messaging import Transaction, announce
from shared.messaging.ids import new_id


async def merge_customers(tx: Transaction, actor: Actor, customer_id: UUID, absorbed_id: UUID, keep: Keep) -> Merge:
    """Make two customers one: whoever stands for `customer_id` absorbs whoever stands for `absorbed_id`, with all that
    it had absorbed itself."""
    await lock_groups(tx)
    root, absorbed = await load_both(tx, actor, customer_id, absorbed_id)
    check_mergeable(root, absorbed, keep)
    await check_no_circle(tx, root, absorbed)
    earlier = [*await repository.list_merges(tx, root.id), *await repository.list_merges(tx, absorbed.id)]
    at = when_next(tx.at, earlier)
    merge = Merge(new_id(), root.id, absorbed.id, at, dict(keep), name_in_trail(actor))
    await repository.add_merge(tx, merge)
    members = [*root.members, *absorbed.members]
    await repository.save_roots(tx, members, root.id)
    await add_access(tx, actor, "merged", members)
    announce(tx, merge.events())
    return merge


async def load_both(
    tx: Transaction, actor: Actor, customer_id: UUID, absorbed_id: UUID
) -> tuple[CombinedFile, CombinedFile]:
    """The two files, locked in the order of their ids; 404 for one that the actor may not see."""
    files = {id: await customer_files.load_file(tx, id, actor) for id in sorted({customer_id, absorbed_id})}
    return files[customer_id], files[absorbed_id]


async def check_no_circle(tx: Transaction, root: CombinedFile, absorbed: CombinedFile) -> None:
    """409 when the two, being one, would be above themselves in a group (P2)."""
    memberships = await list_above(tx, [*root.members, *absorbed.members], tx.at)
    check_groups(root.id, [membership.with_absorbed(absorbed.id, root.id) for membership in memberships], tx.at)


async def undo_merge(tx: Transaction, actor: Actor, customer_id: UUID, merge_id: UUID) -> None:
    """Make them two again, as if they had never been one; undoing again changes nothing.

    404 for a merge that the customer never had, 409 when a later one is in force.
    """
    await lock_groups(tx)
    file = await customer_files.load_file(tx, customer_id, actor)
    merges = await repository.list_merges(tx, file.id)
    repository.check_merge(merges, merge_id)
    merge = find_undoable(merges, merge_id, file.members)
    if merge is None:
        return
    at = when_next(tx.at, merges)
    undone = replace(merge, unmerged_at=at, unmerged_by=name_in_trail(actor))
    await repository.save_undoing(tx, undone)
    for side in (merge.root_id, merge.absorbed_id):
        members = (await list_members(tx, [side]))[side]
        await repository.save_roots(tx, members, side)
    await add_access(tx, actor, "unmerged", file.members)
    announce(tx, undone.undoing_events())


async def preview_merge(tx: Transaction, actor: Actor, customer_id: UUID, absorbed_id: UUID) -> Preview:
    """What a merge would do to the file, the account team and the group, and why it would be refused."""
    root = await customer_files.get_file(tx, customer_id, actor)
    absorbed = await customer_files.get_file(tx, absorbed_id, actor)
    await add_access(tx, actor, "merge_previewed", [*root.members, *absorbed.members])
    refusal: DomainError | None = None
    try:
        check_mergeable(root, absorbed, {})
        await check_no_circle(tx, root, absorbed)
    except DomainError as error:
        refusal = error
    merged = merged_file(root, absorbed, FileMerge(new_id(), root.id, absorbed.id))
    return Preview(
        root.id, absorbed.id, refusal, preview_fields(root, absorbed, {}),
        await _preview_manager(tx, root, absorbed), await _preview_parent(tx, root, absorbed, merged),
        merged.file.completeness.percent,
    )  # fmt: skip


async def _preview_manager(tx: Transaction, root: CombinedFile, absorbed: CombinedFile) -> OneOutcome:
    of_root, of_absorbed = await _manager(tx, root), await _manager(tx, absorbed)
    return OneOutcome(of_root, of_absorbed, of_root or of_absorbed)


async def _manager(tx: Transaction, file: CombinedFile) -> str | None:
    assignments = [member.assignment for member in await list_team(tx, file.members, current=True)]
    team = team_of_merged(file, assignments)
    return next((assignment.employee_id for assignment in team if assignment.role == ACCOUNT_MANAGER), None)


async def _preview_parent(
    tx: Transaction, root: CombinedFile, absorbed: CombinedFile, merged: CombinedFile
) -> OneOutcome:
    history = await list_memberships(tx, merged.members)
    present = [membership for membership in history if membership.until is None]
    places = [place_in_group(file.members, present) for file in (root, absorbed, merged)]
    return OneOutcome(*(None if place is None else str(place.parent_id) for place in places))


async def read_merges(tx: Transaction, actor: Actor, customer_id: UUID) -> list[Merge]:
    """All merges of a customer, undone ones too, oldest first."""
    file = await customer_files.get_file(tx, customer_id, actor)
    await add_access(tx, actor, "read_merges", file.members)
    return await repository.list_merges(tx, file.id)
