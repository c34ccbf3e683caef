"""The copy tiering keeps of account teams (P5), for owners of warnings and for assessments."""

from uuid import UUID

from services.tiering_svc.customers import repository as teams
from services.tiering_svc.subscriptions import subscriptions
from shared.events import EmployeeChanged, TeamMemberAssigned, TeamMemberReleased
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN, BOB = UUID(int=1), UUID(int=2)


def assigned(customer, employee, when, role="account_manager"):
    return TeamMemberAssigned(
        customer_id=customer, assignment_id=new_id(), employee_id=employee, role=role, assigned_at=when
    )


def released(assignment, when):
    return TeamMemberReleased(**assignment.model_dump(exclude={"assigned_at"}), released_at=when)


async def managers(database, when):
    return dict(await database.run(lambda tx: teams.list_account_managers(tx, when)))


async def test_P5_who_was_responsible_is_known_for_any_instant(database):
    mei = assigned(ANN, "E-1", at(1))
    tom = assigned(ANN, "E-2", at(10))
    sponsor = assigned(BOB, "E-3", at(1), "executive_sponsor")
    await harness.deliver(database, subscriptions, [mei, sponsor])
    await harness.deliver(database, subscriptions, [released(mei, at(10)), tom])
    assert await managers(database, at(5)) == {ANN: "E-1"}
    assert await managers(database, at(10)) == {ANN: "E-2"}
    await harness.deliver(database, subscriptions, [released(tom, at(20))])
    assert await managers(database, at(21)) == {}


async def test_P5_an_employee_works_where_the_last_placement_says(database):
    await harness.deliver(
        database,
        subscriptions,
        [
            EmployeeChanged(change_id=new_id(), employee_id="E-1", centre="north", changed_at=at(1)),
            EmployeeChanged(change_id=new_id(), employee_id="E-1", centre="south", changed_at=at(10)),
            EmployeeChanged(change_id=new_id(), employee_id="E-2", centre=None, changed_at=at(1)),
        ],
    )
    assert await database.run(lambda tx: teams.list_centres(tx, at(5))) == {"E-1": "north"}
    assert await database.run(lambda tx: teams.list_centres(tx, at(11))) == {"E-1": "south"}
