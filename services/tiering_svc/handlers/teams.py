"""Account teams (P5): a copy is kept, so that warnings have an owner and managers can be assessed (T12, T15)."""

from collections.abc import Sequence

from services.tiering_svc.handlers import subscriptions
from services.tiering_svc.repository import teams
from shared.events import EmployeeChanged, TeamMemberAssigned, TeamMemberReleased
from shared.messaging import Transaction


@subscriptions.on(TeamMemberAssigned)
async def when_team_members_are_assigned_know_who_is_responsible(
    tx: Transaction, events: Sequence[TeamMemberAssigned]
) -> None:
    await teams.add_members(tx, events)


@subscriptions.on(TeamMemberReleased)
async def when_team_members_are_released_end_their_time(tx: Transaction, events: Sequence[TeamMemberReleased]) -> None:
    await teams.release_members(tx, events)


@subscriptions.on(EmployeeChanged)
async def when_employees_are_placed_know_their_centre(tx: Transaction, events: Sequence[EmployeeChanged]) -> None:
    await teams.place_employees(tx, events)
