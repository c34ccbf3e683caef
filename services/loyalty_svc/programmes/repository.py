"""The programme as a rule set: how a version is read, which one is in force when, in the business zone."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.loyalty_svc.programmes.domain import Programme, Programmes, programme_from
from shared.messaging import Transaction
from shared.rule_sets import RuleSetKind, RuleSetVersion, list_rules, load_in_force, load_timeline

PROGRAMME_ID = UUID("0190a000-0000-7000-8000-00000000f001")


def read_programme(version: RuleSetVersion) -> Programme:
    """The programme behind a version; 422 for what cannot be counted, in drafts, and for what makes no sense."""
    programme = programme_from(version.version, version.effective_from, version.document, UTC)
    if version.status == "draft":
        programme.check_rate_bound()
    return programme


PROGRAMME = RuleSetKind("programme", read=read_programme, only=PROGRAMME_ID, notice=timedelta(days=1))
"""There is one programme; the number of a version names it, and one version is in force at any instant."""


async def load_programmes(tx: Transaction, instants: Collection[datetime]) -> Programmes:
    """The versions in force at these instants (at least one).

    Nearly always all of them fall under the version in force now, which one small query gives; the whole timeline is
    loaded only when one does not.
    """
    zone = await _load_business_zone(tx)
    current = await load_in_force(tx, PROGRAMME)
    covers_all = current.effective_from <= min(instants) and (
        current.effective_to is None or max(instants) < current.effective_to
    )
    if covers_all:
        return Programmes([replace(current.rules, effective_from=current.effective_from, zone=zone)])
    timeline = await load_timeline(tx, PROGRAMME)
    versions = [timeline.find(interval.effective_from) for interval in timeline.intervals]
    return Programmes([replace(v.rules, effective_from=v.effective_from, zone=zone) for v in versions if v is not None])


async def load_programme_versions(tx: Transaction, numbers: Collection[int]) -> dict[int, Programme]:
    """The versions with these numbers, in force or not: those that orders were recorded under."""
    if not numbers:
        return {}
    zone = await _load_business_zone(tx)
    rules = await list_rules(tx, PROGRAMME, [(PROGRAMME_ID, number) for number in numbers])
    return {number: replace(programme, zone=zone) for (_, number), programme in rules.items()}


async def _load_business_zone(tx: Transaction) -> ZoneInfo:
    """The zone that was fixed at the service's first start; UTC before it."""
    return ZoneInfo(await tx.raw.fetchval("select time_zone from deployment") or "UTC")
