"""Warning rules (T12): rule sets of which one a cause is in force, with what they look for."""

from collections.abc import Iterable

from services.tiering_svc.monitoring.domain.class_rules import ClassDetector
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule, read_rule
from shared.messaging import Transaction
from shared.rule_sets import RuleSetKind, RuleSetVersion, VersionKey, list_in_force, list_rules


def _read(version: RuleSetVersion) -> WarningRule:
    return read_rule(version.document, rule_id=version.id, version=version.version, names=dict(version.name or {}))


WARNING_RULES = RuleSetKind(
    "warning-rules",
    read=_read,
    single=False,
    slot_of=lambda version: _read(version).cause,
    taken=("cause_taken", "Another rule in force warns of this cause."),
)


async def list_active(tx: Transaction) -> list[WarningRule]:
    """The rules about customers in force, by their ids."""
    return [rule for rule in await _list_in_force(tx) if not isinstance(rule.detector, ClassDetector)]


async def list_active_of_classes(tx: Transaction) -> list[WarningRule]:
    """The rules about classes of customers and product lines in force, by their ids."""
    return [rule for rule in await _list_in_force(tx) if isinstance(rule.detector, ClassDetector)]


async def _list_in_force(tx: Transaction) -> list[WarningRule]:
    return [in_force.rules for in_force in await list_in_force(tx, WARNING_RULES)]


async def list_compiled(tx: Transaction, versions: Iterable[VersionKey]) -> list[WarningRule]:
    """These versions of rules, whatever their state, by their ids."""
    rules = await list_rules(tx, WARNING_RULES, versions)
    return sorted(rules.values(), key=lambda rule: rule.rule_id)
