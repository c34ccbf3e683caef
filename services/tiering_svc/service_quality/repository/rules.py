"""The rules of assessments (T15) and the satisfaction index (T16): a document each, one version in force."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.tiering_svc.service_quality.domain.assessment_rules import read_rules
from services.tiering_svc.service_quality.domain.satisfaction import read_index
from shared.errors import invalid
from shared.messaging import Transaction
from shared.rule_sets import RuleSetKind, list_intervals, load_rules, rule_set_at

Rules = TypeVar("Rules")

ASSESSMENT_RULES = RuleSetKind(
    "assessment-rules",
    read=lambda version: read_rules(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000204"),
)
SATISFACTION_INDEX = RuleSetKind(
    "satisfaction-indexes",
    read=lambda version: read_index(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000205"),
)


async def load_version_or_as_of(
    tx: Transaction, kind: RuleSetKind[Rules], version: int | None, as_of: datetime, pointer: str
) -> tuple[int, Rules]:
    """The number and the rules of the version that was in force at an instant, or of one that is asked for. One that
    never came into force is refused at `pointer`: 422 `never_in_force`."""
    if version is None:
        in_force = await rule_set_at(tx, kind, as_of)
        return in_force.version, in_force.rules
    if all(interval.version != version for interval in await list_intervals(tx, kind)):
        raise invalid("never_in_force", "No such version has come into force.", pointer=pointer)
    return version, await load_rules(tx, kind, version)
