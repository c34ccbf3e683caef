"""Customers are put below a parent, moved and taken out of their group (P2)."""

from datetime import datetime
from uuid import UUID

from services.profile_svc.files.repository import customer_files
from services.profile_svc.groups import repository as groups
from services.profile_svc.groups.domain import Membership, leave_group, move_below
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.errors import invalid
from shared.messaging import Transaction, announce


async def move_below_parent(
    tx: Transaction, actor: Actor, customer_id: UUID, parent_id: UUID, since: datetime
) -> list[Membership]:
    """Put a customer below a parent from `since` on. Returns all of its memberships, oldest first.

    422 for a parent that does not exist or its own, 409 for a cycle or a time before its last change.
    """
    await customer_files.get_file(tx, customer_id, actor)
    if await customer_files.find_file(tx, parent_id, actor) is None:
        raise invalid("parent_not_known", "There is no such customer.", pointer="/parent_id")
    await groups.lock_groups(tx)
    history = await groups.list_memberships(tx, customer_id)
    above = await groups.list_above(tx, parent_id, since)
    changed, events = move_below(history, Membership(customer_id, parent_id, since), above, tx.at)
    await groups.save_memberships(tx, changed)
    await add_access(tx, actor, "group_changed", [customer_id, parent_id])
    announce(tx, events)
    return await groups.list_memberships(tx, customer_id)


async def take_out_of_group(tx: Transaction, actor: Actor, customer_id: UUID) -> None:
    """From now on the customer is below nobody; doing it again changes nothing."""
    await customer_files.get_file(tx, customer_id, actor)
    await groups.lock_groups(tx)
    changed, events = leave_group(await groups.list_memberships(tx, customer_id), tx.at)
    await groups.save_memberships(tx, changed)
    await add_access(tx, actor, "group_changed", [customer_id])
    announce(tx, events)
