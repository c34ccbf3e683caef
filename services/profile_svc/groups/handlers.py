"""Customers are put below a parent, moved and taken out of their group (P2)."""

from datetime import datetime
from uuid import UUID

from services.profile_svc.files.domain.combined_file import CombinedFile
from services.profile_svc.files.repository import customer_files
from services.profile_svc.groups import repository as groups
from services.profile_svc.groups.domain import Membership, leave_group, move_below, place_in_group
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.errors import invalid
from shared.messaging import Transaction, announce


async def move_below_parent(
    tx: Transaction, actor: Actor, customer_id: UUID, parent_id: UUID, since: datetime
) -> tuple[CombinedFile, list[Membership]]:
    """Put a customer below a parent from `since` on. Returns all of its memberships, oldest first. Of a merged customer
    (P12) the root is put there, and below the root of the parent.

    422 for a parent that does not exist or its own, 409 for a cycle or a time before its last change.
    """
    await groups.lock_groups(tx)  # before anything is read: a merge waits too
    file = await customer_files.get_file(tx, customer_id, actor)
    parent = await customer_files.find_file(tx, parent_id, actor)
    if parent is None:
        raise invalid("parent_not_known", "There is no such customer.", pointer="/parent_id")
    history = await groups.list_memberships(tx, [file.id])
    above = await groups.list_above(tx, parent.members, since)
    changed, events = move_below(history, Membership(file.id, parent.id, since), above, tx.at)
    await groups.save_memberships(tx, changed)
    await add_access(tx, actor, "group_changed", [*file.members, *parent.members])
    announce(tx, events)
    return file, await groups.list_memberships(tx, file.members)


async def take_out_of_group(tx: Transaction, actor: Actor, customer_id: UUID) -> None:
    """From now on the customer is below nobody; doing it again changes nothing. A merged customer (P12) leaves the
    place that counts; where another of its members has one, that one counts from now on."""
    await groups.lock_groups(tx)
    file = await customer_files.get_file(tx, customer_id, actor)
    history = await groups.list_memberships(tx, file.members)
    place = place_in_group(file.members, [membership for membership in history if membership.until is None])
    own = [] if place is None else [past for past in history if past.customer_id == place.customer_id]
    changed, events = leave_group(own, tx.at)
    await groups.save_memberships(tx, changed)
    await add_access(tx, actor, "group_changed", file.members)
    announce(tx, events)
