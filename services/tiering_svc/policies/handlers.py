"""Policies are written as drafts by one person, approved by another, and put in force (T9)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.reading import read_policy
from services.tiering_svc.policies.repository import PolicyVersion
from shared.errors import conflict, forbidden, not_found
from shared.events import PolicyActivated
from shared.messaging import Transaction, announce, new_id


async def write_policy(
    tx: Transaction, names: Names, document: Mapping[str, Any], author: str, *, policy_id: UUID | None = None
) -> PolicyVersion:
    """A new policy, or a new version of one. It is checked now, so that it can be put in force later."""
    version = 1
    if policy_id is None:
        policy_id = new_id()
    else:
        version = (await policies.load_versions(tx, policy_id))[0].version + 1
    read_policy(document, policy_id=policy_id, version=version, names=names)
    await policies.add_version(tx, policy_id, version, names, document, author)
    return (await policies.list_versions(tx, policy_id))[0]


async def approve_policy(
    tx: Transaction, policy_id: UUID, version: int | None, by: str, *, must_be_simulated: bool
) -> PolicyVersion:
    """Approve a version (the newest, if none is named). Not by its own author."""
    wanted = await _wanted(tx, policy_id, version)
    if wanted.status != "draft":
        raise conflict("already_approved", "This version has been approved.")
    _check_approval(wanted, by, must_be_simulated=must_be_simulated)
    await policies.save_approval(tx, policy_id, wanted.version, by)
    return await _as_it_is(tx, wanted)


async def activate_policy(
    tx: Transaction, policy_id: UUID, version: int | None, by: str, *, must_be_simulated: bool
) -> PolicyVersion:
    """Put a version in force (the newest, if none is named). Whoever activates a draft approves it with that, and so
    cannot be its author; one that somebody else has approved may be put in force by anybody who is allowed to."""
    wanted = await _wanted(tx, policy_id, version)
    if wanted.status == "active":
        raise conflict("already_active", "This version is in force.")
    if wanted.approved_by is None and wanted.activated_by is None:
        _check_approval(wanted, by, must_be_simulated=must_be_simulated)
        await policies.save_approval(tx, policy_id, wanted.version, by)
    await policies.save_activation(tx, policy_id, wanted.version, by)
    announce(tx, [PolicyActivated(policy_id=policy_id, version=wanted.version, activated_at=tx.at)])
    return await _as_it_is(tx, wanted)


def _check_approval(wanted: PolicyVersion, by: str, *, must_be_simulated: bool) -> None:
    if wanted.author == by:
        raise forbidden("own_policy", "A policy is approved by somebody else than its author.")
    if must_be_simulated and wanted.simulated_at is None:
        raise conflict("not_simulated", "Here a policy is simulated on today's customers before it is approved.")


async def _wanted(tx: Transaction, policy_id: UUID, version: int | None) -> PolicyVersion:
    versions = await policies.load_versions(tx, policy_id)
    wanted = next((v for v in versions if version in (None, v.version)), None)
    if wanted is None:
        raise not_found("policy_not_found", "The policy has no such version.")
    return wanted


async def _as_it_is(tx: Transaction, wanted: PolicyVersion) -> PolicyVersion:
    return next(v for v in await policies.list_versions(tx, wanted.policy_id) if v.version == wanted.version)
