"""Policies are written as drafts by one person and put in force by another (T9)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.tiering_svc.domain.policies import Names
from services.tiering_svc.domain.policy_documents import read_policy
from services.tiering_svc.repository import policies
from services.tiering_svc.repository.policies import PolicyVersion
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


async def activate_policy(tx: Transaction, policy_id: UUID, version: int | None, by: str) -> PolicyVersion:
    """Put a version in force (the newest, if none is named). Not by its own author."""
    versions = await policies.load_versions(tx, policy_id)
    wanted = next((v for v in versions if version in (None, v.version)), None)
    if wanted is None:
        raise not_found("policy_not_found", "The policy has no such version.")
    if wanted.status == "active":
        raise conflict("already_active", "This version is in force.")
    if wanted.author == by:
        raise forbidden("own_policy", "A policy is put in force by somebody else than its author.")
    await policies.save_activation(tx, policy_id, wanted.version, by)
    announce(tx, [PolicyActivated(policy_id=policy_id, version=wanted.version, activated_at=tx.at)])
    return next(v for v in await policies.list_versions(tx, policy_id) if v.version == wanted.version)
