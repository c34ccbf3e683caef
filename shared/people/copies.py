"""Keeping units, employees and account teams from events, in whatever order their streams are heard."""

from collections.abc import Sequence

from shared.events import EmployeeChanged, TeamMemberAssigned, TeamMemberReleased, UnitChanged
from shared.messaging import Subscriptions, Transaction, ids_in
from shared.people.tables import account_team, employee_absence, employee_centre, employee_copy, unit_copy
from shared.sql import Upsert, columns_of, insert_columns, insert_many

MEMBER = ("assignment_id", "customer_id", "employee_id", "role")
ABSENCE = ("absent_from", "absent_until", "deputy_id")


def keep_people(subscriptions: Subscriptions) -> None:
    """Subscribe a service to all that its copies of people are made of."""
    the_teams = subscriptions.copy("teams", forget_teams)
    the_employees = subscriptions.copy("employees", forget_employees)
    the_units = subscriptions.copy("units", forget_units)
    subscriptions.on(TeamMemberAssigned, when_team_members_are_assigned_know_the_team, copy=the_teams)
    subscriptions.on(TeamMemberReleased, when_team_members_are_released_end_their_time, copy=the_teams)
    subscriptions.on(EmployeeChanged, when_employees_change_know_them, copy=the_employees)
    subscriptions.on(UnitChanged, when_units_change_know_where_they_stand, copy=the_units)


async def when_team_members_are_assigned_know_the_team(tx: Transaction, events: Sequence[TeamMemberAssigned]) -> None:
    """Keep who looks after a customer, from when on (P5), also of an assignment whose end is known already."""
    columns = columns_of(events, (*MEMBER, "assigned_at"))
    await insert_columns(
        tx, account_team, columns | {"recorded_at": [event.meta.recorded_at for event in events]},
        on_conflict=Upsert(replace=("assigned_at", "recorded_at")),
    )  # fmt: skip


async def when_team_members_are_released_end_their_time(tx: Transaction, events: Sequence[TeamMemberReleased]) -> None:
    """Keep when assignments ended; one that is not known yet holds for no time until its beginning comes."""
    columns = columns_of(events, (*MEMBER, "released_at"))
    shared = {"assigned_at": columns["released_at"], "recorded_at": [event.meta.recorded_at for event in events]}
    await insert_columns(tx, account_team, columns | shared, on_conflict=Upsert(replace=("released_at",)))


async def when_employees_change_know_them(tx: Transaction, events: Sequence[EmployeeChanged]) -> None:
    """Keep what the last change of each employee says, and what every change said of centre and absence.

    An absence holds from when profile recorded the change: its own instant may be a past one, that of a centre. Of
    two changes for one instant the last holds, also where both come in one batch.
    """
    last = list({event.employee_id: event for event in events}.values())
    now = ("employee_id", "unit", *ABSENCE, "left_at")
    await insert_many(tx, employee_copy, last, columns=now, on_conflict=Upsert())
    placements = list({(event.employee_id, event.changed_at): event for event in events}.values())
    centre = ("employee_id", "changed_at", "centre")
    await insert_many(tx, employee_centre, placements, columns=centre, on_conflict=Upsert())
    changes = list({(event.employee_id, event.meta.recorded_at): event for event in events}.values())
    absences = columns_of(changes, ("employee_id", *ABSENCE))
    recorded = {"changed_at": [event.meta.recorded_at for event in changes]}
    await insert_columns(tx, employee_absence, absences | recorded, on_conflict=Upsert())


async def when_units_change_know_where_they_stand(tx: Transaction, events: Sequence[UnitChanged]) -> None:
    """Keep below which unit each one stands now, and whether it is closed."""
    last = list({event.unit: event for event in events}.values())
    columns = columns_of(last, ("unit", "parent")) | {"is_closed": [event.closed for event in last]}
    await insert_columns(tx, unit_copy, columns, on_conflict=Upsert())


async def forget_teams(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away the account teams of these customers, to be made anew."""
    await tx.raw.execute("delete from account_team where customer_id = any($1::uuid[])", ids_in(keys))


async def forget_employees(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away what is kept of these employees, to be made anew."""
    for table in (employee_copy, employee_centre, employee_absence):
        await tx.raw.execute(f"delete from {table.name} where employee_id = any($1::text[])", keys)


async def forget_units(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away what is kept of these units, to be made anew."""
    await tx.raw.execute("delete from unit_copy where unit = any($1::text[])", keys)
