"""Warning rules are written as drafts by one person and put in force by another; each can be retired (T12)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names
from services.tiering_svc.monitoring.domain.warning_rules import read_rule
from services.tiering_svc.monitoring.repository import warning_rules
from services.tiering_svc.monitoring.repository.warning_rules import RuleVersion
from shared.errors import conflict, forbidden, not_found
from shared.messaging import Transaction, new_id


async def write_rule(
    tx: Transaction, names: Names, document: Mapping[str, Any], author: str, *, rule_id: UUID | None = None
) -> RuleVersion:
    """A new rule, or a new version of one. It is checked now, so that it can be put in force later."""
    version = 1
    if rule_id is None:
        rule_id = new_id()
    else:
        version = (await warning_rules.load_versions(tx, rule_id))[0].version + 1
    rule = read_rule(document, rule_id=rule_id, version=version, names=names)
    await warning_rules.add_version(tx, rule, document, author)
    return (await warning_rules.list_versions(tx, rule_id))[0]


async def activate_rule(tx: Transaction, rule_id: UUID, version: int | None, by: str) -> RuleVersion:
    """Put a version in force (the newest, if none is named). Not by its own author; one rule a cause."""
    wanted = await load_version(tx, rule_id, version)
    if wanted.status == "active":
        raise conflict("already_active", "This version is in force.")
    if wanted.author == by:
        raise forbidden("own_rule", "A rule is put in force by somebody else than its author.")
    taken = await warning_rules.find_active_of_cause(tx, wanted.cause)
    if taken not in (None, rule_id):
        raise conflict("cause_taken", "Another rule in force warns of this cause.", rule_id=str(taken))
    await warning_rules.save_activation(tx, rule_id, wanted.version, by)
    return await load_version(tx, rule_id, wanted.version)


async def retire_rule(tx: Transaction, rule_id: UUID, by: str) -> RuleVersion:
    """Nothing looks for its cause any more: the next sweep closes the warnings that are open."""
    active = next((v for v in await warning_rules.load_versions(tx, rule_id) if v.status == "active"), None)
    if active is None:
        raise conflict("not_active", "No version of this rule is in force.")
    await warning_rules.save_retirement(tx, rule_id, by)
    return await load_version(tx, rule_id, active.version)


async def load_version(tx: Transaction, rule_id: UUID, version: int | None) -> RuleVersion:
    """The version, or the newest; locked."""
    versions = await warning_rules.load_versions(tx, rule_id)
    wanted = next((one for one in versions if version in (None, one.version)), None)
    if wanted is None:
        raise not_found("rule_not_found", "The rule has no such version.")
    return wanted
