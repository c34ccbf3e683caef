"""Rule sets are written by one person, approved by another, put in force and ended: load, decide, save, announce."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.messaging import Transaction, new_id
from shared.rule_sets import lifecycle, repository
from shared.rule_sets.kinds import Condition, RuleSetKind
from shared.rule_sets.lifecycle import Decision, RuleSetStep, RuleSetVersion, StepRequest, version_of
from shared.rule_sets.settings import notice_of


async def write_version(
    tx: Transaction,
    kind: RuleSetKind[Any],
    document: Mapping[str, Any],
    author: str,
    *,
    name: Mapping[str, str] | None = None,
    note: str | None = None,
    rule_set_id: UUID | None = None,
) -> RuleSetVersion:
    """A new rule set (without an id) or a new version of one, as a draft. Its document is read now, so that one that
    makes no sense is refused before anybody approves it."""
    at = await repository.lock_kind(tx, kind)
    written = rule_set_id or kind.only or new_id()
    versions = await repository.load_versions(tx, kind, written)
    if rule_set_id is not None:
        version_of(versions, rule_set_id, None)  # 404 where there is none
    number = 1 + max((version.version for version in versions if version.id == written), default=0)
    draft = RuleSetVersion(
        kind.name, written, number, "", name, document, "draft", author, at, note
    )  # fmt: skip
    kind.read(draft)
    if kind.before_writing is not None:
        await kind.before_writing(tx, draft, (), None)
    draft = replace(draft, slot=kind.slot(draft))
    await repository.add_version(tx, draft)
    return draft


async def approve_version(
    tx: Transaction,
    kind: RuleSetKind[Any],
    rule_set_id: UUID,
    number: int | None,
    by: str,
    *,
    note: str | None = None,
    settings: Any = None,
) -> RuleSetVersion:
    """Approve a version (the newest, if none is named), by somebody else than its author."""
    request = StepRequest(await repository.lock_kind(tx, kind), by, note)
    versions = await repository.load_versions(tx, kind, rule_set_id)
    version = version_of(versions, rule_set_id, number)
    decision = lifecycle.approve(version, request)
    lifecycle.check_named(versions, version, number)
    await _check(tx, kind, version, kind.before_approval, settings)
    return await _save(tx, version, decision)


async def reject_version(
    tx: Transaction, kind: RuleSetKind[Any], rule_set_id: UUID, number: int | None, by: str, *, note: str | None = None
) -> RuleSetVersion:
    """Reject a draft or an approved version (the newest, if none is named): it is never in force."""
    request = StepRequest(await repository.lock_kind(tx, kind), by, note)
    version = version_of(await repository.load_versions(tx, kind, rule_set_id), rule_set_id, number)
    return await _save(tx, version, lifecycle.reject(version, request))


async def activate_version(
    tx: Transaction,
    kind: RuleSetKind[Any],
    rule_set_id: UUID,
    number: int | None,
    by: str,
    *,
    effective_from: datetime | None = None,
    emergency: bool = False,
    note: str | None = None,
    settings: Any = None,
) -> RuleSetVersion:
    """Put a version in force (the newest, if none is named), after its notice or from a later instant.

    Whoever activates a draft approves it with that, so the conditions of an approval hold as well. A retired version
    comes back once a second person asks for it too; until then it is returned as it was. In an `emergency` a version
    that another person approved begins without notice; who may say so is the caller's to check.
    """
    request = StepRequest(await repository.lock_kind(tx, kind), by, note)
    versions = await repository.load_versions(tx, kind, rule_set_id)
    version = version_of(versions, rule_set_id, number)
    taken = None if kind.slot_of is None else kind.taken
    decision = lifecycle.activate(
        versions, version, request, effective_from, taken=taken, notice=notice_of(kind.name, kind.notice),
        emergency=emergency, last_step=await repository.find_last_step(tx, version),
    )  # fmt: skip
    lifecycle.check_named(versions, version, number)
    if version.status == "draft":
        await _check(tx, kind, version, kind.before_approval, settings)
    await _check(tx, kind, version, kind.before_activation, settings)
    active = await _save(tx, version, decision)
    if decision[0] and kind.after_activation is not None:
        await kind.after_activation(tx, active, request)
    return active


async def retire_version(
    tx: Transaction, kind: RuleSetKind[Any], rule_set_id: UUID, number: int | None, by: str, *, note: str | None = None
) -> RuleSetVersion:
    """End the version that is in force, or call off the one that is set to begin, when a second person asks for it.

    The first one's request is noted, and the version is returned as it was.
    """
    request = StepRequest(await repository.lock_kind(tx, kind), by, note)
    versions = await repository.load_versions(tx, kind, rule_set_id)
    active = next((v.version for v in versions if v.id == rule_set_id and v.status == "active"), None)
    version = version_of(versions, rule_set_id, active if number is None else number)
    last_step = await repository.find_last_step(tx, version)
    decision = lifecycle.retire(versions, version, request, may_leave_a_gap=not kind.single, last_step=last_step)
    retired = await _save(tx, version, decision)
    if decision[0] and kind.after_retirement is not None:
        await kind.after_retirement(tx, retired, request)
    return retired


async def record_step(
    tx: Transaction,
    kind: RuleSetKind[Any],
    rule_set_id: UUID,
    number: int,
    step: str,
    by: str,
    *,
    reference: UUID | None = None,
    note: str | None = None,
) -> None:
    """Note in the history what a version went through beside its states, like `simulated` by the run `reference`."""
    if any(step in (status, later) for (status, _), later in lifecycle.PATH.items()) or step in lifecycle.RESERVED:
        raise ValueError(f"{step} is a step of versions that only a decision leads to")
    line = RuleSetStep(rule_set_id, number, step, tx.at, by, None, note, reference)
    await repository.add_steps(tx, kind.name, [line])


async def _check(
    tx: Transaction, kind: RuleSetKind[Any], version: RuleSetVersion, condition: Condition | None, settings: Any
) -> None:
    if condition is not None:
        steps = [s for s in await repository.list_steps(tx, kind, version.id) if s.version == version.version]
        await condition(tx, version, steps, settings)


async def _save(tx: Transaction, version: RuleSetVersion, decision: Decision) -> RuleSetVersion:
    changed, steps = decision
    await repository.save_versions(tx, changed)
    await repository.add_steps(tx, version.kind, steps)
    return next((v for v in changed if (v.id, v.version) == (version.id, version.version)), version)
