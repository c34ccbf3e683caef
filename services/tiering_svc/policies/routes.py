"""Tier policies (T9): written, listed, and put in force by a second person."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import Request

from services.tiering_svc.core.dependencies import not_for_partners, settings_of
from services.tiering_svc.policies import handlers
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.repository import PolicyStep, PolicyVersion
from services.tiering_svc.policies.schemas import (
    ActivationCreate,
    PolicyCreate,
    PolicyRead,
    PolicyStepRead,
    PolicyVersionRead,
)
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router
from shared.errors import not_found

router = service_router(prefix="/v1/tier-policies", tags=["policies"], dependencies=[not_for_partners])


@router.get("", dependencies=[allow("tiers:read")])
async def list_policies(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[PolicyVersionRead]:
    """Of each policy the version in force, or else the newest."""
    after = read_cursor(cursor, UUID)
    versions = await policies.list_newest_versions(tx, after[0] if after else None, limit + 1)
    return page_of([_version(version) for version in versions], limit, lambda version: (version.id,))


@router.post("", status_code=201, dependencies=[allow("policies:write")])
async def write_policy(body: PolicyCreate, tx: Tx, actor: CurrentActor) -> PolicyVersionRead:
    return _version(await handlers.write_policy(tx, *_written(body), actor.subject))


@router.get("/{policy_id}", dependencies=[allow("tiers:read")])
async def show_policy(policy_id: Id, tx: Tx) -> PolicyRead:
    return _policy(await policies.list_versions(tx, policy_id), await policies.list_steps(tx, policy_id))


@router.post("/{policy_id}/versions", status_code=201, dependencies=[allow("policies:write")])
async def write_version(policy_id: Id, body: PolicyCreate, tx: Tx, actor: CurrentActor) -> PolicyVersionRead:
    return _version(await handlers.write_policy(tx, *_written(body), actor.subject, policy_id=policy_id))


@router.post("/{policy_id}/approval", dependencies=[allow("policies:approve")])
async def approve_policy(
    request: Request, policy_id: Id, tx: Tx, actor: CurrentActor, body: ActivationCreate | None = None
) -> PolicyVersionRead:
    """By somebody else than its author. It is not in force yet."""
    version, needed = None if body is None else body.version, settings_of(request).policies_need_simulation
    return _version(
        await handlers.approve_policy(tx, policy_id, version, actor.subject, must_be_simulated=needed)
    )  # fmt: skip


@router.post("/{policy_id}/activation", dependencies=[allow("policies:approve")])
async def activate_policy(
    request: Request, policy_id: Id, tx: Tx, actor: CurrentActor, body: ActivationCreate | None = None
) -> PolicyVersionRead:
    """From now on orders and reviews go by it. Customers on another pyramid are placed by the next review. Who
    activates a version that nobody has approved yet approves it with that, and so is not its author."""
    version, needed = None if body is None else body.version, settings_of(request).policies_need_simulation
    return _version(
        await handlers.activate_policy(tx, policy_id, version, actor.subject, must_be_simulated=needed)
    )  # fmt: skip


def _written(body: PolicyCreate) -> tuple[dict[str, str], dict[str, object]]:
    return body.name.model_dump(), body.document.model_dump(mode="json", by_alias=True, exclude_none=True)


def _policy(versions: Sequence[PolicyVersion], steps: Sequence[PolicyStep]) -> PolicyRead:
    if not versions:
        raise not_found("policy_not_found", "There is no such policy.")
    shown = next((version for version in versions if version.status == "active"), versions[0])
    return PolicyRead(
        **_version(shown).model_dump(),
        versions=[_version(version) for version in versions],
        steps=[PolicyStepRead.model_validate(step, from_attributes=True) for step in steps],
    )


def _version(version: PolicyVersion) -> PolicyVersionRead:
    return PolicyVersionRead(
        id=version.policy_id,
        version=version.version,
        status=version.state,
        name=version.name,
        document=dict(version.document),
        author=version.author,
        created_at=version.created_at,
        simulated_at=version.simulated_at,
        approved_by=version.approved_by,
        approved_at=version.approved_at,
        activated_by=version.activated_by,
        activated_at=version.activated_at,
    )
