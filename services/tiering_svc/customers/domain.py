"""Who is responsible for a customer at an instant (P5): its account manager, and the deputy while the manager is away.

It follows from the assignments to account teams and from what was announced of employees, whatever came first; nothing
is handed over and nothing can be missed. Pure: instants are arguments.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class ManagerAssignment:
    """Somebody is the account manager of one customer, from `assigned_at` to before `released_at` (None: still)."""

    employee_id: str
    assigned_at: datetime
    released_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.assigned_at <= at and (self.released_at is None or self.released_at > at)


@dataclass(frozen=True, slots=True)
class AbsenceChange:
    """What was announced of an employee at `changed_at`: when they are away, if at all, and who stands in."""

    employee_id: str
    changed_at: datetime
    absent_from: datetime | None
    absent_until: datetime | None
    deputy_id: str | None

    @property
    def begins(self) -> datetime:
        """From when on it says something: an absence may be announced after it began."""
        return self.changed_at if self.absent_from is None else min(self.changed_at, self.absent_from)

    def is_away(self, at: datetime) -> bool:
        """Whether the employee is away at an instant, by this change."""
        began = self.absent_from is not None and self.absent_from <= at
        return began and (self.absent_until is None or at < self.absent_until)


class Responsible(NamedTuple):
    """Who is responsible at an instant. `deputy` is whoever stands in while the manager is away, if anybody does."""

    manager: str | None
    deputy: str | None

    @property
    def owner(self) -> str | None:
        """Who is to act: the deputy, else the manager; None: nobody is."""
        return self.deputy or self.manager


class ResponsiblePeriod(NamedTuple):
    """Who was responsible from `since` to before `until` (None: to this day)."""

    since: datetime
    until: datetime | None
    responsible: Responsible


def manager_at(assignments: Iterable[ManagerAssignment], at: datetime) -> str | None:
    """A customer's account manager at an instant: the one who was assigned last of those in force."""
    holding = [assignment for assignment in assignments if assignment.holds(at)]
    return sorted(holding, key=lambda assignment: assignment.assigned_at)[-1].employee_id if holding else None


def deputies_at(changes: Iterable[AbsenceChange], at: datetime) -> dict[str, str]:
    """Who stands in for whom at an instant, for everybody who is away and has somebody. A deputy who is away too is
    stood in for by their own deputy; where all of them are away, nobody stands in."""
    latest: dict[str, AbsenceChange] = {}
    for change in changes:
        known = latest.get(change.employee_id)
        if change.begins <= at and (known is None or change.changed_at > known.changed_at):
            latest[change.employee_id] = change
    away = {employee: change.deputy_id for employee, change in latest.items() if change.is_away(at)}
    return {employee: deputy for employee in away if (deputy := _present_deputy(employee, away)) is not None}


def _present_deputy(employee: str, away: Mapping[str, str | None]) -> str | None:
    passed = {employee}
    deputy = away[employee]
    while deputy is not None and deputy in away:
        if deputy in passed:
            return None
        passed.add(deputy)
        deputy = away[deputy]
    return deputy


def responsible_for(manager: str | None, deputies: Mapping[str, str]) -> Responsible:
    """Who is responsible for a customer of this manager, with these deputies."""
    return Responsible(manager, None if manager is None else deputies.get(manager))


def managers_of(owner: str, deputies: Mapping[str, str]) -> set[str]:
    """The managers whose customers are the owner's: the owner, and everybody whom the owner stands in for."""
    return {owner} | {manager for manager, deputy in deputies.items() if deputy == owner}


def responsible_periods(
    assignments: Sequence[ManagerAssignment], changes: Sequence[AbsenceChange], since: datetime, until: datetime
) -> list[ResponsiblePeriod]:
    """Who was responsible for a customer from `since` to `until`, oldest first; the last period is open."""
    instants = {since}
    for assignment in assignments:
        instants |= {assignment.assigned_at, assignment.released_at or since}
    for change in changes:
        instants |= {change.changed_at, change.absent_from or since, change.absent_until or since}
    periods: list[ResponsiblePeriod] = []
    for at in sorted(instant for instant in instants if since <= instant <= until):
        responsible = responsible_for(manager_at(assignments, at), deputies_at(changes, at))
        if periods and periods[-1].responsible == responsible:
            continue
        if periods:
            periods[-1] = periods[-1]._replace(until=at)
        periods.append(ResponsiblePeriod(at, None, responsible))
    return periods
