"""When answers were due: from a round's beginning, by the allowance, the calendar and the pauses, worked out anew.

Each is counted by the hours of the tier and region that it names. A deadline whose allowance became smaller while it
ran (a better tier, a graver case) or whose hours became others may be due anywhere between what the smaller and the
greater one give: when it was heard of a tier is not kept. So may one that ran while the calendar changed. All others
are due at one instant only.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from deploy.verify.invariant import Scan
from deploy.verify.invariants.complaints.rules_of_then import Row, Rules, load_rules, times_of_everybody
from deploy.verify.snapshots import Snapshots
from deploy.verify.working_time import MICROSECOND, WorkingTime, instant_of, micros

DEADLINES = """
select d.case_id, d.round, d.stage, d.tier, d.allowance, d.started_at, d.warn_at, d.due_at, d.warned_at, d.breached_at,
       d.calendar_rules_version, d.region, d.other_tiers,
       c.kind, c.severity, c.tier as tier_of_case, c.round as last_round, c.customer_id,
       num_nonnulls(d.met_at, d.cancelled_at, d.done_late_at) > 0 as over
from deadline d join complaint_case c on c.id = d.case_id order by d.case_id, d.round
"""
STEPS = """
select case_id, round, name, outcome, at, recorded_at from case_step
where name in ('filing', 'reopening', 'pause', 'resumption', 'proposal', 'acceptance', 'acknowledgement', 'judgement',
               'resolution', 'follow-up', 'severity', 'identification')
order by case_id, number
"""
PAUSES = frozenset({"pause", "proposal"})
RESUMES = frozenset({"resumption", "acceptance"})

WarningRule = tuple[int | None, int | None]  # the percent that is used, or the minutes before it is due


@dataclass
class Instants:
    """What a deadline may be due at and warn at, by one calendar: after each pause that it had, the last one last."""

    due: list[int] = field(default_factory=list)
    warn: list[int] = field(default_factory=list)


def ends(stage: str, step: Row) -> bool:
    """Whether a step ends a deadline of this stage: its work is done, or it is owed no more."""
    name = step["name"]
    if name in ("resolution", "follow-up") or (name == "judgement" and step["outcome"] == "invalid"):
        return True
    return (stage, name) in (("acknowledgement", "acknowledgement"), ("proposal", "proposal"))


def left_at_warning(seconds: int, warning: WarningRule) -> int:
    """Of an allowance in seconds, what is left when it warns."""
    percent, lead_minutes = warning
    if lead_minutes is not None:
        return min(lead_minutes * 60, seconds)
    return seconds * (100 - (percent or 0)) // 100


def instants(
    deadline: Row, allowance: timedelta, warning: WarningRule, steps: Sequence[Row], time: WorkingTime
) -> Instants | None:
    """Follow the steps of its round; None where the calendar does not reach so far."""
    whole = allowance // MICROSECOND
    after_warning = left_at_warning(int(allowance.total_seconds()), warning) * 1_000_000
    target = time.worked(micros(deadline["started_at"])) + whole
    due, warn = time.reached(target), time.reached(target - after_warning)
    if due is None or warn is None:
        return None
    by_facts = Instants([due], [warn])
    paused_at: int | None = None
    for step in steps:
        if ends(deadline["stage"], step):
            break
        at = micros(step["at"])
        if step["name"] in PAUSES and paused_at is None:
            if by_facts.due[-1] < at:
                break  # it was breached before
            paused_at = at
        elif step["name"] in RESUMES and paused_at is not None:
            target += time.worked(at) - time.worked(paused_at)
            paused_at = None
            due, warn = time.reached(target), time.reached(target - after_warning)
            if due is None or warn is None:
                return None
            if target - after_warning <= time.worked(at):
                warn = min(at, due)  # most of its time was used before
            by_facts.due.append(due)
            by_facts.warn.append(warn)
    return by_facts


def fits(deadline: Row, by_facts: Instants) -> bool:
    """What has fired stays where it was, also when pauses before it are reported later; the rest moves with them."""
    due, warn = micros(deadline["due_at"]), micros(deadline["warn_at"])
    due_fits = due in by_facts.due if deadline["breached_at"] else due == by_facts.due[-1]
    return due_fits and (
        warn in by_facts.warn if deadline["warned_at"] or deadline["breached_at"] else warn == by_facts.warn[-1]
    )


def faults(deadlines: Sequence[Row], steps: Mapping[tuple[UUID, int], Sequence[Row]], filed: Mapping[UUID, str | None],
           rules: Rules) -> Iterator[str]:  # fmt: skip
    """A line for each deadline that is due at another instant than its facts give."""
    for deadline in deadlines:
        of_round = steps.get((deadline["case_id"], deadline["round"]), ())
        if not of_round:
            continue  # a round without a beginning breaks other invariants
        last = of_round[-1]["recorded_at"] if deadline["over"] else None
        begun = of_round[0]["recorded_at"]
        times = rules.calendars_between(begun, last)
        calendars = [calendar.of(deadline["tier"], deadline["region"]) for calendar in times]
        warnings = {
            (v.document.get("warning_percent"), v.document.get("warning_lead_minutes"))
            for v in rules.deadline_rules_between(begun, last)
        }
        by_facts = [
            given for time in calendars for warning in warnings
            if (given := instants(deadline, deadline["allowance"], warning, of_round, time)) is not None
        ]  # fmt: skip
        if not by_facts or any(fits(deadline, by_one) for by_one in by_facts):
            continue
        in_a_range = _changed_on_the_way(deadline, of_round, filed) or len(calendars) > 1
        if not (in_a_range and _between(deadline, by_facts, of_round, rules, times_of_everybody(times), warnings)):
            yield _sentence(deadline, by_facts[0])


def _changed_on_the_way(deadline: Row, steps: Sequence[Row], filed: Mapping[UUID, str | None]) -> bool:
    """Whether its allowance or its hours may be others than it began with: then when that was heard of counts, too."""
    if deadline["other_tiers"] or any(step["name"] in ("severity", "identification") for step in steps):
        return True
    if deadline["round"] == deadline["last_round"]:
        began_with = deadline["tier_of_case"]
    elif deadline["round"] == 1 and deadline["case_id"] in filed:
        began_with = filed[deadline["case_id"]]
    else:
        return True
    return bool(began_with != deadline["tier"])


def _between(
    deadline: Row, by_facts: Sequence[Instants], steps: Sequence[Row], rules: Rules, calendars: Sequence[WorkingTime],
    warnings: set[WarningRule],
) -> bool:  # fmt: skip
    """Not before what its allowance gives, and not after what the greatest would have given by anybody's hours."""
    graded = any(step["name"] == "severity" for step in steps)
    severities = {"low", "normal", "high", "critical"} if graded else {deadline["severity"]}
    longest = rules.longest(deadline, severities)
    latest = [
        other for time in calendars for warning in warnings
        if (other := instants(deadline, longest, warning, steps, time)) is not None
    ]  # fmt: skip
    first = min(by_one.due[0] for by_one in by_facts)
    last = max((by_one.due[-1] for by_one in latest), default=0)
    due, warn = micros(deadline["due_at"]), micros(deadline["warn_at"])
    return first <= due <= last and micros(deadline["started_at"]) <= warn <= due


def _sentence(deadline: Row, by_facts: Instants) -> str:
    return (
        f"complaint: case_id={deadline['case_id']} round={deadline['round']} stage={deadline['stage']} "
        f"due_at={deadline['due_at']} warn_at={deadline['warn_at']}, its facts give {instant_of(by_facts.due[-1])} "
        f"and {instant_of(by_facts.warn[-1])}"
    )


async def _due_instants(snapshots: Snapshots) -> tuple[int, list[str]]:
    connection = snapshots.now["complaint"]
    deadlines = await connection.fetch(DEADLINES)
    if not deadlines:
        return 0, []
    steps: dict[tuple[UUID, int], list[Row]] = defaultdict(list)
    for step in await connection.fetch(STEPS):
        steps[step["case_id"], step["round"]].append(step)
    filed = {
        UUID(row["case_id"]): row["tier"]
        for row in await connection.fetch(
            """select p ->> 'case_id' as case_id, p ->> 'tier' as tier
               from (select payload::jsonb as p from outbox where type = 'complaint.complaint_filed.v1') e"""
        )
    }
    return len(deadlines), list(faults(deadlines, steps, filed, await load_rules(connection)))


INVARIANTS = (
    Scan(
        "deadlines_due",
        "every deadline warns and is due when its allowance of working time is used, pauses not counted",
        _due_instants,
    ),
)
