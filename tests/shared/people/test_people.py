"""Copies of people come to the same in any order, and say which customers an employee sees."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.complaint_svc.subscriptions import subscriptions as of_complaint
from services.gateway.subscriptions import subscriptions as of_gateway
from services.loyalty_svc.subscriptions import subscriptions as of_loyalty
from services.tiering_svc.subscriptions import subscriptions as of_tiering
from shared.chassis import Actor, list_visible, list_visible_members
from shared.events import (
    CustomerReferenceRegistered,
    CustomerReferenceRemoved,
    CustomersMerged,
    EmployeeChanged,
    Event,
    TeamMemberAssigned,
    TeamMemberReleased,
    UnitChanged,
)
from shared.messaging import Database, Subscriptions, Transaction
from shared.people.copies import keep_people
from shared.people.sources import keep_sources
from tests import harness

SERVICE = "complaint"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANNS, BOBS, CYS, NOBODYS = (UUID(int=number) for number in range(1, 5))
EVERYBODY = (ANNS, BOBS, CYS, NOBODYS)
TABLES = ("account_team", "unit_copy", "employee_copy", "employee_centre", "employee_absence", "customer_source")

PEOPLE_ALONE = Subscriptions()
keep_sources(PEOPLE_ALONE)
keep_people(PEOPLE_ALONE)


def hours(count: int) -> datetime:
    return NOON + timedelta(hours=count)


def employee(code: str, unit: str | None = None, at: int = 0, **more: Any) -> EmployeeChanged:
    return EmployeeChanged(change_id=UUID(int=at + 1), employee_id=code, unit=unit, changed_at=hours(at), **more)


def assigned(customer: UUID, code: str, number: int) -> TeamMemberAssigned:
    return TeamMemberAssigned(
        customer_id=customer, assignment_id=UUID(int=number), employee_id=code, role="service_engineer",
        assigned_at=hours(-9),
    )  # fmt: skip


def released(assignment: TeamMemberAssigned, at: int) -> TeamMemberReleased:
    return TeamMemberReleased(**assignment.model_dump(exclude={"assigned_at"}), released_at=hours(at))


ANN, BOB, CY = assigned(ANNS, "ann", 1), assigned(BOBS, "bob", 2), assigned(CYS, "cy", 3)
TEAMS: tuple[Event, ...] = (ANN, BOB, CY)
TREE: tuple[Event, ...] = (
    UnitChanged(unit="group", changed_at=NOON),
    UnitChanged(unit="north", parent="group", changed_at=NOON),
    UnitChanged(unit="city", parent="north", changed_at=NOON),
    UnitChanged(unit="south", parent="group", changed_at=NOON),
)
STAFF: tuple[Event, ...] = (employee("ann", "north"), employee("bob", "city"), employee("cy", "south"))


def manager(code: str | None, *units: str) -> Actor:
    return Actor("m", "person", frozenset({"manager"}), employee_id=code, units=frozenset(units))


async def visible(database: Database, actor: Actor, at: int = 0) -> set[UUID]:
    return await database.run(lambda tx: list_visible(tx, actor, EVERYBODY), at=hours(at))


async def hear(database: Database, *events: Event) -> None:
    await harness.deliver(database, PEOPLE_ALONE, events, at=NOON)


async def test_P5_an_employee_sees_the_accounts_of_its_teams_and_those_nobody_looks_after(database: Database) -> None:
    await hear(database, *TEAMS, *TREE, *STAFF)
    assert await visible(database, manager("ann")) == {ANNS, NOBODYS}
    assert await visible(database, manager("new")) == {NOBODYS}
    assert await visible(database, manager(None)) == set()
    assert await visible(database, Actor("a", "person", scopes=frozenset({"customers:all"}))) == set(EVERYBODY)
    assert await visible(database, Actor("tiering", "service")) == set(EVERYBODY)


async def test_P5_an_employee_sees_the_accounts_of_its_unit_and_of_those_below_it(database: Database) -> None:
    await hear(database, *TEAMS, *TREE, *STAFF)
    assert await visible(database, manager("ann", "north")) == {ANNS, BOBS, NOBODYS}
    assert await visible(database, manager("bob", "city")) == {BOBS, NOBODYS}
    assert await visible(database, manager("boss", "group")) == set(EVERYBODY)
    await hear(database, UnitChanged(unit="city", parent="south", changed_at=hours(1)))  # the city moves
    assert await visible(database, manager("ann", "north")) == {ANNS, NOBODYS}
    await hear(database, employee("cy", "north", at=1))
    assert await visible(database, manager("ann", "north")) == {ANNS, CYS, NOBODYS}


async def test_P5_a_deputy_sees_the_accounts_while_it_stands_in_and_not_while_it_is_away_itself(
    database: Database,
) -> None:
    away: dict[str, Any] = {"absent_from": hours(1), "absent_until": hours(3)}
    await hear(database, *TEAMS, employee("bob", deputy_id="ann", **away))
    seen = [await visible(database, manager("ann"), at) for at in (0, 1, 2, 3)]
    assert seen == [{ANNS, NOBODYS}, {ANNS, BOBS, NOBODYS}, {ANNS, BOBS, NOBODYS}, {ANNS, NOBODYS}]
    await hear(database, employee("ann", deputy_id="dan", absent_from=hours(2)))
    assert await visible(database, manager("ann"), 1) == {ANNS, BOBS, NOBODYS}
    assert await visible(database, manager("ann"), 2) == {ANNS, NOBODYS}
    assert await visible(database, manager("dan"), 2) == {ANNS, BOBS, NOBODYS}  # and in for whom she stood in for


async def test_P5_a_circle_of_deputies_and_of_units_ends(database: Database) -> None:
    away: dict[str, Any] = {"absent_from": hours(-1)}
    await hear(database, *TEAMS, employee("bob", deputy_id="cy", **away), employee("cy", deputy_id="bob", **away))
    await hear(database, UnitChanged(unit="x", parent="y", changed_at=NOON))
    await hear(database, UnitChanged(unit="y", parent="x", changed_at=NOON))
    assert await visible(database, manager("bob", "x")) == {BOBS, NOBODYS}


async def test_P5_who_left_a_team_sees_the_account_no_longer(database: Database) -> None:
    await hear(database, *TEAMS, released(BOB, 2))
    assert await visible(database, manager("bob"), 1) == {BOBS, NOBODYS}
    assert await visible(database, manager("bob"), 2) == {BOBS, NOBODYS}  # nobody looks after it now: everybody may
    assert await visible(database, manager("ann"), 1) == {ANNS, NOBODYS}
    assert await visible(database, manager("ann"), 2) == {ANNS, BOBS, NOBODYS}


async def test_P12_whoever_looks_after_one_member_sees_all_that_are_one(database: Database) -> None:
    await hear(database, *TEAMS)
    merge = CustomersMerged(
        customer_id=ANNS, merge_id=UUID(int=9), root_id=ANNS, absorbed_id=NOBODYS, merged_at=hours(-1)
    )
    await harness.deliver(database, of_complaint, [merge], at=NOON)
    assert await visible(database, manager("ann")) == {ANNS, NOBODYS}
    assert await visible(database, manager("bob")) == {BOBS}  # it is looked after now, by the root's team

    async def members(tx: Transaction) -> Sequence[UUID]:
        return await list_visible_members(tx, partner, NOBODYS)

    partner = Actor("p", "partner", partner_id=UUID(int=77))
    assert await database.run(members) == ()
    await hear(
        database, CustomerReferenceRegistered(customer_id=NOBODYS, source=str(partner.source), registered_at=NOON)
    )
    assert await database.run(members) == (NOBODYS,)  # its own part of them, and no other
    assert await database.run(lambda tx: list_visible_members(tx, manager("ann"), NOBODYS)) == (ANNS, NOBODYS)


async def test_G1_a_source_whose_last_reference_was_removed_knows_the_customer_no_longer(database: Database) -> None:
    partner = Actor("p", "partner", partner_id=UUID(int=77))
    source = str(partner.source)
    await hear(database, CustomerReferenceRegistered(customer_id=ANNS, source=source, registered_at=NOON))
    assert await visible(database, partner) == {ANNS}
    await hear(database, CustomerReferenceRemoved(customer_id=ANNS, source=source, removed_at=hours(1)))
    assert await visible(database, partner) == set()
    await hear(database, CustomerReferenceRegistered(customer_id=ANNS, source=source, registered_at=hours(2)))
    assert await visible(database, partner) == {ANNS}


async def rows(database: Database) -> list[list[str]]:
    async def read(tx: Transaction) -> list[list[str]]:
        return [
            sorted(row["row"] for row in await tx.raw.fetch(f"select to_jsonb(t)::text as row from {table} t"))
            for table in TABLES
        ]

    return await database.run(read)


async def test_P5_events_of_people_in_any_order_come_to_the_same_copies(database: Database) -> None:
    """Each event is of another stream, but for the release, whose beginning may be heard late."""
    source = CustomerReferenceRegistered(customer_id=ANNS, source="crm", registered_at=NOON)
    events = [ANN, released(ANN, 1), TREE[1], employee("ann", "north", deputy_id="bob"), source]
    copies = []
    for order in permutations(events):
        await database.run(lambda tx: tx.raw.execute(f"truncate {', '.join(TABLES)}"))
        for event in order:
            await hear(database, event)
        copies.append(await rows(database))
    assert all(copy == copies[0] for copy in copies)
    assert all(copies[0])


@pytest.mark.parametrize("subscriptions", [of_tiering, of_complaint, of_loyalty, of_gateway])
def test_P5_every_service_keeps_people_and_can_make_them_anew(subscriptions: Subscriptions) -> None:
    for name in ("teams", "employees", "units"):
        assert name in subscriptions.copies
    for event in (TeamMemberAssigned, TeamMemberReleased, EmployeeChanged, UnitChanged):
        assert event.type in subscriptions.handlers


async def test_P5_changes_of_one_employee_are_one_stream_and_made_anew_from_it(database: Database) -> None:
    """The last one holds as a whole, so whoever hears them must hear them in their order."""
    came, left = employee("ann", "north", at=0), employee("ann", at=1, left_at=hours(1))
    assert came.key == left.key == "ann"
    await harness.deliver(database, PEOPLE_ALONE, [came, left])
    await database.run(lambda tx: PEOPLE_ALONE.copies["employees"].forget(tx, [came.key]))
    for table in ("employee_copy", "employee_centre", "employee_absence"):
        assert await database.run(lambda tx, table=table: tx.raw.fetch(f"select from {table}")) == []  # type: ignore[misc]
