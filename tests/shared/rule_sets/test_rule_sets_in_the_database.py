"""Rule sets in Postgres: what is in force now and then, read once a process, and what the database itself refuses."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import MetaData

from shared.errors import DomainError
from shared.messaging import Database, Transaction, new_id
from shared.rule_sets import (
    SINCE_EVER,
    SYSTEM,
    RuleSetKind,
    activate_version,
    approve_version,
    list_in_force,
    list_in_force_of,
    list_intervals,
    list_rules,
    load_in_force,
    load_rules,
    load_timeline,
    record_step,
    repository,
    retire_version,
    rule_set_at,
    rule_set_tables,
    rule_sets_at,
    write_version,
)
from tests.shared.rule_sets.conftest import Clock
from tests.shared.rule_sets.sample import (
    ALARM_RULES,
    OPENING_HOURS,
    PRICE_LISTS,
    SHIPPED_ALARM,
    SHIPPED_DRAFT,
    SHIPPED_VISITS,
    VISIT_RULES,
    VisitRules,
    reads,
)


async def written(
    database: Database, kind: RuleSetKind[Any], document: dict[str, Any], rule_set_id: UUID | None = None
) -> tuple[UUID, int]:
    version = await database.run(lambda tx: write_version(tx, kind, document, "ann", rule_set_id=rule_set_id))
    return version.id, version.version


async def activated(
    database: Database, kind: RuleSetKind[Any], key: tuple[UUID, int], effective_from: datetime | None = None
) -> None:
    await database.run(lambda tx: activate_version(tx, kind, *key, "bob", effective_from=effective_from))


async def execute(database: Database, statement: str, *values: Any) -> None:
    await database.run(lambda tx: tx.raw.execute(statement, *values))


async def test_what_is_shipped_is_in_force_since_ever_and_may_be_a_draft(database: Database) -> None:
    in_force = await database.run(lambda tx: load_in_force(tx, VISIT_RULES))
    assert (in_force.key, in_force.rules, in_force.effective_from) == ((SHIPPED_VISITS, 1), VisitRules(60), SINCE_EVER)
    [version] = await database.run(lambda tx: repository.list_versions(tx, VISIT_RULES, SHIPPED_DRAFT))
    assert (version.status, version.author, version.effective_from) == ("draft", SYSTEM, None)
    steps = await database.run(lambda tx: repository.list_steps(tx, VISIT_RULES, SHIPPED_VISITS))
    assert [(s.step, s.by, s.effective_from) for s in steps] == [
        ("draft", SYSTEM, None), ("active", SYSTEM, SINCE_EVER),
    ]  # fmt: skip
    await activated(database, VISIT_RULES, (SHIPPED_DRAFT, 1))  # a person approves what is shipped as a draft
    assert (await database.run(lambda tx: load_in_force(tx, VISIT_RULES))).rules == VisitRules(15)


async def test_what_was_in_force_then_as_it_was_known(database: Database, clock: Clock) -> None:
    first = clock.now
    second = await written(database, VISIT_RULES, {"most_minutes": 45}, SHIPPED_VISITS)
    begins = clock.now + timedelta(days=10)
    decided = clock.pass_days(1)
    await activated(database, VISIT_RULES, second, begins)

    async def minutes(at: datetime, known_at: datetime | None = None) -> int:
        in_force = await database.run(lambda tx: rule_set_at(tx, VISIT_RULES, at, known_at))
        return in_force.rules.most_minutes

    assert [await minutes(at) for at in (SINCE_EVER, first, begins - timedelta(seconds=1), begins)] == [60, 60, 60, 45]
    assert await minutes(begins, known_at=first) == 60  # nobody knew of it yet
    assert await minutes(begins, known_at=decided) == 45
    assert (await database.run(lambda tx: load_in_force(tx, VISIT_RULES))).version == 1
    clock.pass_days(2)
    for who in ("eve", "bob"):
        await database.run(lambda tx, who=who: retire_version(tx, VISIT_RULES, *second, who))  # called off
    assert [await minutes(begins), await minutes(begins, known_at=decided)] == [60, 45]
    third = await written(database, VISIT_RULES, {"most_minutes": 30})
    now = clock.pass_days(20)
    await activated(database, VISIT_RULES, third)
    in_force = await database.run(lambda tx: load_in_force(tx, VISIT_RULES))
    assert (in_force.key, in_force.rules, in_force.effective_from) == (third, VisitRules(30), now)
    timeline = await database.run(lambda tx: load_timeline(tx, VISIT_RULES))
    for instant in (SINCE_EVER, begins, now - timedelta(seconds=1), now, now + timedelta(days=999)):
        in_force = timeline.find(instant)
        assert in_force is not None
        assert in_force.rules.most_minutes == await minutes(instant)
    assert timeline.find(SINCE_EVER - timedelta(days=1)) is None
    nothing = await database.run(lambda tx: rule_sets_at(tx, VISIT_RULES, SINCE_EVER - timedelta(days=1)))
    assert nothing == []


async def test_an_interval_that_came_twice_is_told_twice(database: Database, clock: Clock) -> None:
    second = await written(database, VISIT_RULES, {"most_minutes": 45}, SHIPPED_VISITS)
    begun = clock.pass_days(1)
    await activated(database, VISIT_RULES, second)
    back = clock.pass_days(1)
    for who in ("ann", "bob"):
        await database.run(lambda tx, who=who: activate_version(tx, VISIT_RULES, SHIPPED_VISITS, 1, who))
    intervals = await database.run(lambda tx: list_intervals(tx, VISIT_RULES))
    assert [(i.version, i.effective_from, i.effective_to) for i in intervals] == [
        (1, SINCE_EVER, begun), (2, begun, back), (1, back, None),
    ]  # fmt: skip


async def test_a_document_is_read_once_a_process_and_not_fetched_again(database: Database, clock: Clock) -> None:
    key = await written(database, VISIT_RULES, {"most_minutes": 45})
    await activated(database, VISIT_RULES, key)
    reads.clear()

    async def twice(tx: Transaction) -> list[str]:
        statements: list[str] = []

        def note(query: Any) -> None:
            statements.append(query.query)

        with tx.raw.query_logger(note):
            for _ in range(2):
                assert (await load_in_force(tx, VISIT_RULES)).rules == VisitRules(45)
        return statements

    statements = await database.run(twice)
    assert reads == [key]
    assert ["document" in query for query in statements] == [False, True, False]


async def test_the_same_version_of_another_database_is_another_one(database: Database) -> None:
    """Two databases may say different things in version 2 of what was shipped to both: the fingerprint differs."""
    draft = await written(database, VISIT_RULES, {"most_minutes": 20}, SHIPPED_VISITS)
    assert await database.run(lambda tx: load_rules(tx, VISIT_RULES, draft[1], draft[0])) == VisitRules(20)

    async def say_another_thing(tx: Transaction) -> None:
        await tx.raw.execute("set local session_replication_role = replica")  # no triggers: as if written elsewhere
        await tx.raw.execute(
            "update rule_set_version set document = $1, fingerprint = 'another' where version = 2",
            '{"most_minutes": 25}',
        )

    await database.run(say_another_thing)
    assert await database.run(lambda tx: load_rules(tx, VISIT_RULES, draft[1], draft[0])) == VisitRules(25)


async def test_several_kinds_are_read_in_one_query(database: Database, clock: Clock) -> None:
    key = await written(database, PRICE_LISTS, {"from": 3})
    await database.run(lambda tx: record_step(tx, PRICE_LISTS, *key, "simulated", "ann", reference=new_id()))
    await activated(database, PRICE_LISTS, key)
    assert (await database.run(lambda tx: list_in_force(tx, PRICE_LISTS))) == []  # it needs a week's notice
    clock.pass_days(7)
    kinds = (VISIT_RULES, ALARM_RULES, PRICE_LISTS)
    in_force = await database.run(lambda tx: list_in_force_of(tx, kinds))
    assert {name: [v.rules for v in versions] for name, versions in in_force.items()} == {
        "visit-rules": [VisitRules(60)], "alarm-rules": [30], "price-lists": [{"from": 3}],
    }  # fmt: skip
    wanted = [(SHIPPED_ALARM, 1), (SHIPPED_ALARM, 9), (SHIPPED_VISITS, 1)]  # the last one is of another kind
    assert await database.run(lambda tx: list_rules(tx, ALARM_RULES, wanted)) == {(SHIPPED_ALARM, 1): 30}
    assert await database.run(lambda tx: list_rules(tx, ALARM_RULES, [])) == {}
    with pytest.raises(DomainError, match="rule_set_version_not_found"):
        await database.run(lambda tx: load_rules(tx, ALARM_RULES, 1, SHIPPED_VISITS))


async def test_of_the_only_document_every_writing_is_a_version(database: Database) -> None:
    keys = [await written(database, OPENING_HOURS, {"from": hour}) for hour in (8, 9)]
    assert keys == [(OPENING_HOURS.only, 1), (OPENING_HOURS.only, 2)]
    assert await database.run(lambda tx: load_rules(tx, OPENING_HOURS, 2)) == {"from": 9}
    for kind, version in ((OPENING_HOURS, 3), (VISIT_RULES, 1)):  # no such version; of many documents none is named
        with pytest.raises(DomainError, match="rule_set_version_not_found"):
            await database.run(lambda tx, kind=kind, version=version: load_rules(tx, kind, version))
    with pytest.raises(DomainError, match="rule_set_not_found"):
        await written(database, OPENING_HOURS, {"from": 1}, SHIPPED_VISITS)


async def test_many_may_end_without_another_in_their_place(database: Database, clock: Clock) -> None:
    clock.pass_days(1)
    for who in ("eve", "bob"):
        await database.run(lambda tx, who=who: retire_version(tx, ALARM_RULES, SHIPPED_ALARM, None, who))
    assert await database.run(lambda tx: list_in_force(tx, ALARM_RULES)) == []
    with pytest.raises(DomainError, match="no_rules_in_force"):
        await database.run(lambda tx: load_in_force(tx, ALARM_RULES))
    with pytest.raises(DomainError, match="not_active"):
        await database.run(lambda tx: retire_version(tx, ALARM_RULES, SHIPPED_ALARM, None, "bob"))


async def test_a_clock_that_is_behind_never_takes_a_step_before_the_last_one(database: Database, clock: Clock) -> None:
    last = clock.now
    key = await written(database, VISIT_RULES, {"most_minutes": 45})
    clock.pass_days(-1)
    approved = await database.run(lambda tx: approve_version(tx, VISIT_RULES, *key, "bob"))
    assert approved.approved_at == last
    active = await database.run(lambda tx: activate_version(tx, VISIT_RULES, *key, "bob"))
    assert (active.effective_from, active.status_at(clock.now)) == (last, "active")
    assert (await database.run(lambda tx: load_in_force(tx, VISIT_RULES))).key == key  # at once, for every clock
    [listed] = await database.run(lambda tx: repository.list_newest(tx, VISIT_RULES, SHIPPED_DRAFT, 9))
    assert listed.in_force_at(clock.now)


async def test_activations_take_turns(database: Database) -> None:
    """Two at once: one waits for the other, so that the second ends the first."""
    first = await written(database, VISIT_RULES, {"most_minutes": 45})
    second = await written(database, VISIT_RULES, {"most_minutes": 50})

    async def impatient(tx: Transaction) -> None:
        await tx.raw.execute("set local lock_timeout = '50ms'")
        await activate_version(tx, VISIT_RULES, *second, "bob")

    async with database.transaction() as tx:
        await activate_version(tx, VISIT_RULES, *first, "bob")
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with database.transaction() as other:
                await impatient(other)
    await activated(database, VISIT_RULES, second)
    assert (await database.run(lambda tx: load_in_force(tx, VISIT_RULES))).key == second


REFUSED_BY_THE_DATABASE = {
    "the words of a version": "update rule_set_version set document = '{}'",
    "the history": "update rule_set_step set by = 'bob'",
    "the history's end": "delete from rule_set_step",
    "an approval by the author": "update rule_set_version set author = 'bob', approved_by = 'bob'",
    "a state without an interval": "update rule_set_version set status = 'active' where status = 'draft'",
    "an end without a state": "update rule_set_version set effective_to = '2100-01-01' where status = 'active'",
    "an end before the beginning": """update rule_set_version set status = 'retired', effective_to = '1700-01-01'
                                      where status = 'active'""",
    "a version that nobody approved": """
        insert into rule_set_version (id, version, kind, slot, document, status, author, created_at, effective_from)
        values (gen_random_uuid(), 1, 'k', '', '{}', 'active', 'ann', now(), now())""",
    "two versions of a slot": """
        insert into rule_set_version (id, version, kind, slot, document, status, author, created_at, effective_from)
        values (gen_random_uuid(), 1, 'visit-rules', '', '{}', 'active', 'system', now(), now())""",
    "two versions of an id": """
        insert into rule_set_version (id, version, kind, slot, document, status, author, created_at, effective_from)
        values ('0190a000-0000-7000-8000-000000000003', 2, 'alarm-rules', 'x', '{}', 'active', 'system', now(),
                now())""",
}


@pytest.mark.parametrize("statement", REFUSED_BY_THE_DATABASE.values(), ids=REFUSED_BY_THE_DATABASE.keys())
async def test_the_database_itself_refuses(database: Database, statement: str) -> None:
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.ExclusionViolationError)):
        await execute(database, statement)


async def test_a_note_can_be_erased(database: Database) -> None:
    draft = await database.run(lambda tx: write_version(tx, VISIT_RULES, {"most_minutes": 9}, "ann", note="for Bob"))
    await execute(database, "update rule_set_step set note = null where note is not null")
    await execute(database, "update rule_set_version set note = null where note is not null")
    [step] = await database.run(lambda tx: repository.list_steps(tx, VISIT_RULES, draft.id))
    assert step.note is None


async def test_a_state_is_not_noted_beside_the_path(database: Database) -> None:
    with pytest.raises(ValueError, match="a step of versions"):
        await database.run(lambda tx: record_step(tx, VISIT_RULES, SHIPPED_VISITS, 1, "active", "ann"))


async def test_the_tables_are_those_the_code_declares(database: Database) -> None:
    rows = await database.run(
        lambda tx: tx.raw.fetch(
            """select table_name, column_name, is_nullable = 'YES' as nullable from information_schema.columns
               where table_schema = 'public' and table_name like 'rule_set%'"""
        )
    )
    columns: dict[str, dict[str, bool]] = {}
    for row in rows:
        columns.setdefault(row["table_name"], {})[row["column_name"]] = row["nullable"]
    declared = rule_set_tables(MetaData())
    assert columns == {
        table.name: {column.name: bool(column.nullable) for column in table.columns} for table in declared
    }
