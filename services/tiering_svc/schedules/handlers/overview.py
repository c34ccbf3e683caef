"""What is due by the schedules in force, how far behind each kind of run is, and its last runs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.schedules.domain.due_runs import find_next_due, list_due_runs
from services.tiering_svc.schedules.domain.run_schedule import KINDS, RunKind
from services.tiering_svc.schedules.repository import scheduled_runs
from services.tiering_svc.schedules.repository.rules import RUN_SCHEDULES, list_periods
from services.tiering_svc.schedules.repository.scheduled_runs import ScheduledRun
from shared.messaging import Transaction
from shared.rule_sets import RuleSetVersion, load_in_force, load_version

LAST_RUNS = 3


@dataclass(frozen=True, slots=True)
class KindOverview:
    """A kind of run. `behind` counts runs that are due and not over; `behind_since` is when the first was due."""

    kind: RunKind
    recurrence: dict[str, Any]
    next_due_at: datetime | None
    behind: int
    behind_since: datetime | None
    last: list[ScheduledRun]


@dataclass(frozen=True, slots=True)
class ScheduleOverview:
    """The version in force, and each kind of run by it."""

    version: RuleSetVersion
    zone: str
    kinds: list[KindOverview]


async def load_overview(tx: Transaction) -> ScheduleOverview:
    """All kinds, as of this transaction."""
    in_force = await load_in_force(tx, RUN_SCHEDULES)
    version = await load_version(tx, RUN_SCHEDULES, in_force.id, in_force.version)
    periods, zone = await list_periods(tx), (await find_business(tx)).zone
    last_due, unfinished = await scheduled_runs.find_last_due(tx), await scheduled_runs.count_unfinished(tx)
    last_runs = await scheduled_runs.list_last_runs(tx, LAST_RUNS)
    kinds: list[KindOverview] = []
    for kind in KINDS:
        due = list_due_runs(kind, periods, zone, last_due.get(kind, periods[0].begins_at), tx.at)
        requested = unfinished.get(kind)
        since = [run.due_at for run in due] + ([requested.first_due_at] if requested else [])
        kinds.append(
            KindOverview(
                kind,
                version.document[kind]["recurrence"],
                find_next_due(kind, periods, zone, tx.at),
                len(due) + (requested.runs if requested else 0),
                min(since, default=None),
                [run for run in last_runs if run.kind == kind],
            )
        )
    return ScheduleOverview(version, str(zone), kinds)
