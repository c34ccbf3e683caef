"""When ignored breaches were escalated, and when they will be: by the hours of the level that had them, worked anew.

A wait begins when the breach comes to a level and keeps the hours that the rules in force gave to it then; it is
counted by the hours of the tier and region that the deadline names, without the pauses that came between.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from deploy.verify.invariant import Scan
from deploy.verify.invariants.complaints.due_instants import PAUSES, RESUMES, ends
from deploy.verify.invariants.complaints.rules_of_then import Row, Rules, Version, load_rules
from deploy.verify.snapshots import Snapshots
from deploy.verify.working_time import WorkingTime, instant_of, micros

BREACHED = """
select d.case_id, d.round, d.stage, d.tier, d.region, d.running_since, d.escalate_at,
       num_nonnulls(d.met_at, d.cancelled_at, d.done_late_at) = 0 as owed, c.escalation_level as level_of_case
from deadline d join complaint_case c on c.id = d.case_id where d.breached_at is not null
"""
ESCALATIONS = """
select e.case_id, e.round, e.stage, e.escalation_level, e.at, announced.recorded_at
from escalation e left join (
    select (p ->> 'case_id')::uuid as case_id, p ->> 'escalation_level' as escalation_level,
           min(recorded_at) as recorded_at
    from (select recorded_at, payload::jsonb as p from outbox where type = 'complaint.complaint_escalated.v1') as o
    group by 1, 2
) announced using (case_id, escalation_level)
order by e.case_id, e.round, e.stage, e.at, array_position(array['manager', 'head', 'sponsor'], e.escalation_level)
"""
STEPS = """
select case_id, round, name, outcome, at from case_step
where name in ('pause', 'resumption', 'proposal', 'acceptance', 'acknowledgement', 'judgement', 'resolution',
               'follow-up')
order by case_id, number
"""

Stage = tuple[UUID, int, str]
HOUR = 3_600_000_000


class Wait(NamedTuple):
    """A breach waited at a level: since when, and when that was written (None: the log no longer says)."""

    level: str
    since: datetime
    recorded_at: datetime | None


def hours_of(version: Version, level: str) -> int:
    """For how many working hours a level may ignore a breach."""
    own = (version.document.get("escalation_hours_by_level") or {}).get(level)
    return int(version.document["escalation_hours"] if own is None else own)


def ends_of_wait(wait: Wait, stage: str, hours: int, steps: Sequence[Row], time: WorkingTime) -> list[int]:
    """When it is over: after each pause that came between, the last one last. Empty beyond the calendar's years.

    A pause from before, that was reported after the wait had begun, stops it from its beginning on.
    """
    since = micros(wait.since)
    target = time.worked(since) + hours * HOUR
    over = [time.reached(target)]
    paused_at: int | None = None
    for step in steps:
        at = max(micros(step["at"]), since)
        if ends(stage, step):
            break
        if step["name"] in PAUSES and paused_at is None:
            paused_at = at
        elif step["name"] in RESUMES and paused_at is not None:
            target += time.worked(at) - time.worked(paused_at)
            paused_at = None
            over.append(at if target <= time.worked(at) else time.reached(target))
    return [instant for instant in over if instant is not None]


def faults(
    breached: Sequence[Row], escalations: Mapping[Stage, Sequence[Row]],
    steps: Mapping[tuple[UUID, int], Sequence[Row]], rules: Rules,
) -> Iterator[str]:  # fmt: skip
    """A line for each escalation that came, or will come, at another instant than the rules say."""
    for deadline in breached:
        stage: Stage = (deadline["case_id"], deadline["round"], deadline["stage"])
        of_round = steps.get(stage[:2], ())
        reached = escalations.get(stage, ())
        waits = [Wait(row["escalation_level"], row["at"], row["recorded_at"]) for row in reached]
        for wait, row in zip(waits, reached[1:], strict=False):
            over = _by_rules(deadline, wait, row["recorded_at"], of_round, rules)
            if over and all(micros(row["at"]) not in instants for instants in over):
                yield _sentence(deadline, f"was the {row['escalation_level']}'s at {row['at']}", over)
        if waits and deadline["owed"] and deadline["level_of_case"] != "sponsor":
            over = _by_rules(deadline, waits[-1], None, of_round, rules)
            coming = deadline["escalate_at"]
            if coming is None or (
                deadline["running_since"] is not None and over
                and all(micros(coming) != instants[-1] for instants in over)
            ):  # fmt: skip
                yield _sentence(deadline, f"escalate_at={coming}", over)


def _by_rules(deadline: Row, wait: Wait, last: datetime | None, steps: Sequence[Row], rules: Rules) -> list[list[int]]:
    """When the wait may be over, by each of the rules that may have been in force."""
    begun, fixed = (wait.since, None) if wait.recorded_at is None else (wait.recorded_at, wait.recorded_at)
    hours = {hours_of(version, wait.level) for version in rules.deadline_rules_between(begun, fixed)}
    times = [calendar.of(deadline["tier"], deadline["region"]) for calendar in rules.calendars_between(begun, last)]
    over = [ends_of_wait(wait, deadline["stage"], each, steps, time) for each in hours for time in times]
    return [instants for instants in over if instants]


def _sentence(deadline: Row, what: str, over: Sequence[Sequence[int]]) -> str:
    by_rules = ", ".join(str(instant_of(instants[-1])) for instants in over)
    return (
        f"complaint: case_id={deadline['case_id']} round={deadline['round']} stage={deadline['stage']} {what}, "
        f"the rules give {by_rules}"
    )


async def _escalation_instants(snapshots: Snapshots) -> tuple[int, list[str]]:
    connection = snapshots.now["complaint"]
    breached = await connection.fetch(BREACHED)
    if not breached:
        return 0, []
    escalations: dict[Stage, list[Row]] = defaultdict(list)
    for row in await connection.fetch(ESCALATIONS):
        escalations[row["case_id"], row["round"], row["stage"]].append(row)
    steps: dict[tuple[UUID, int], list[Row]] = defaultdict(list)
    for step in await connection.fetch(STEPS):
        steps[step["case_id"], step["round"]].append(step)
    return len(breached), list(faults(breached, escalations, steps, await load_rules(connection)))


INVARIANTS = (
    Scan(
        "escalations_due",
        "an ignored breach was escalated, and will be, when the level that had it has ignored it for its hours",
        _escalation_instants,
    ),
)
