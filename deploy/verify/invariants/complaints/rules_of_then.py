"""The calendars and deadline rules of all times, each with when it was in force."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.verify.snapshots import SharedConnection
from deploy.verify.working_time import CalendarTimes, WorkingTime

VERSIONS = """
select kind, version, document, effective_from, effective_to from rule_set_version
where kind in ('calendar-rules', 'deadline-rules') and effective_from is not null
"""
SPAN = """
select extract(year from min(started_at))::int as first,
       extract(year from least(max(greatest(due_at, escalate_at)), now() + interval '10 years'))::int as last
from deadline
"""
YEARS_AROUND = (1, 2)  # before the first deadline, and after the last
CLOCKS = timedelta(minutes=1)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Version:
    """A version of rules, and from when to when it was in force."""

    number: int
    document: Mapping[str, Any]
    since: datetime
    until: datetime | None

    def in_force(self, first: datetime, last: datetime | None) -> bool:
        """At any instant of these, whoever's clock it was by. No `last`: until now."""
        return (last is None or self.since <= last + CLOCKS) and (self.until is None or self.until >= first - CLOCKS)


@dataclass(frozen=True)
class Rules:
    """The calendars and deadline rules of all times."""

    calendars: Sequence[tuple[Version, CalendarTimes]]
    deadline_rules: Sequence[Version]

    def calendars_between(self, first: datetime, last: datetime | None) -> list[CalendarTimes]:
        """The calendars that were in force at any of these instants."""
        return [times for version, times in self.calendars if version.in_force(first, last)]

    def deadline_rules_between(self, first: datetime, last: datetime | None) -> list[Version]:
        """The deadline rules that were in force at any of these instants."""
        return [version for version in self.deadline_rules if version.in_force(first, last)]

    def longest(self, deadline: Row, severities: set[str]) -> timedelta:
        """The most that any version gave to a case of this kind, whatever its customer's tier."""
        minutes = [
            allowance.get(f"{deadline['stage']}_minutes") or 0
            for version in self.deadline_rules for allowance in version.document["allowances"]
            if allowance["kind"] == deadline["kind"] and allowance["severity"] in severities
        ]  # fmt: skip
        return timedelta(minutes=max(minutes, default=0))


async def load_rules(connection: SharedConnection) -> Rules:
    """All that were ever in force, for the years in which deadlines run. There is a deadline."""
    zone = ZoneInfo(await connection.fetchval("select time_zone from deployment") or "UTC")
    span = await connection.fetchrow(SPAN)
    years = span["first"] - YEARS_AROUND[0], span["last"] + YEARS_AROUND[1]
    versions: dict[str, list[Version]] = defaultdict(list)
    for row in await connection.fetch(VERSIONS):
        document = row["document"] if isinstance(row["document"], dict) else json.loads(row["document"])
        versions[row["kind"]].append(Version(row["version"], document, row["effective_from"], row["effective_to"]))
    calendars = [(v, CalendarTimes(v.document, zone, *years)) for v in versions["calendar-rules"]]
    return Rules(calendars, versions["deadline-rules"])


def times_of_everybody(times: Iterable[CalendarTimes]) -> list[WorkingTime]:
    """The working times of everybody by these calendars, each kind of hours once."""
    return [time for calendar in times for time in calendar.all()]
