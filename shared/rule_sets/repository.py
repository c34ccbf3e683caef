"""SQL of rule sets: what people edit, and what is in force for those who decide by it.

Hot readers (`load_in_force`, `list_in_force`) run one small query without the documents; a document is fetched and read
once a process, the first time one of its version is in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import MetaData

from shared.errors import not_found
from shared.messaging import Transaction
from shared.rule_sets.kinds import RuleSetKind
from shared.rule_sets.lifecycle import SYSTEM, RuleSetStep, RuleSetVersion, version_of
from shared.rule_sets.tables import rule_set_tables
from shared.rule_sets.timeline import InForce, Interval, Timeline, VersionKey, intervals_of
from shared.sql import insert_many, update_many

Rules = TypeVar("Rules")

VERSION, STEP = rule_set_tables(MetaData())  # the same in every service that has them
WRITTEN = ("kind", "id", "version", "slot", "name", "document", "status", "author", "created_at", "note")
STATE = (
    "status", "approved_by", "approved_at", "activated_by", "activated_at", "retired_by", "retired_at",
    "effective_from", "effective_to",
)  # fmt: skip
COLUMNS = ", ".join(field.name for field in fields(RuleSetVersion))
STEP_COLUMNS = ", ".join(field.name for field in fields(RuleSetStep))

# --- what is in force ---


def in_force_sql(version: str, now: str) -> str:
    """A condition: the version (a name of `rule_set_version`) is in force now (a parameter: the transaction's `at`).

    What was decided to hold at once holds for everybody as soon as it is committed, also where a clock is behind.
    """
    return (
        f"({version}.effective_from <= greatest({now}, {version}.activated_at) and ({version}.effective_to is null"
        f" or {version}.effective_to > greatest({now}, {version}.retired_at)))"
    )


IN_FORCE = f"""
select kind, id, version, fingerprint, effective_from, effective_to from rule_set_version v
where kind = any($1::text[]) and {in_force_sql("v", "$2")} order by id
"""


async def load_in_force(tx: Transaction, kind: RuleSetKind[Rules]) -> InForce[Rules]:
    """The version of a single kind that is in force now. 404 `no_rules_in_force` where there is none."""
    return _the_one(await list_in_force(tx, kind))


async def list_in_force(tx: Transaction, kind: RuleSetKind[Rules]) -> list[InForce[Rules]]:
    """The versions of a kind that are in force now, by id."""
    return (await list_in_force_of(tx, [kind]))[kind.name]


async def list_in_force_of(tx: Transaction, kinds: Sequence[RuleSetKind[Any]]) -> dict[str, list[InForce[Any]]]:
    """The versions of several kinds that are in force now, in one query; by the kinds' names."""
    rows = await tx.raw.fetch(IN_FORCE, [kind.name for kind in kinds], tx.at)
    in_force: dict[str, list[InForce[Any]]] = {}
    for kind in kinds:
        of_kind = [row for row in rows if row["kind"] == kind.name]
        rules = await read_versions(tx, kind, {(row["id"], row["version"]): row["fingerprint"] for row in of_kind})
        in_force[kind.name] = [
            InForce(
                row["id"], row["version"], rules[row["id"], row["version"]], row["effective_from"], row["effective_to"]
            )
            for row in of_kind
        ]
    return in_force


async def rule_set_at(
    tx: Transaction, kind: RuleSetKind[Rules], at: datetime, known_at: datetime | None = None
) -> InForce[Rules]:
    """The version of a single kind that was in force at an instant, as known at another (None: as known now).

    404 `no_rules_in_force` where there was none.
    """
    return _the_one(await rule_sets_at(tx, kind, at, known_at))


async def rule_sets_at(
    tx: Transaction, kind: RuleSetKind[Rules], at: datetime, known_at: datetime | None = None
) -> list[InForce[Rules]]:
    """The versions of a kind that were in force at an instant, as known at another (None: as known now), by id."""
    intervals = [i for i in await list_intervals(tx, kind, known_at) if i.holds_at(at)]
    rules = await list_rules(tx, kind, [(i.id, i.version) for i in intervals])
    in_force = [
        InForce(i.id, i.version, rules[i.id, i.version], i.effective_from, i.effective_to) for i in intervals
    ]  # fmt: skip
    return sorted(in_force, key=lambda version: version.id)


async def load_timeline(
    tx: Transaction, kind: RuleSetKind[Rules], known_at: datetime | None = None
) -> Timeline[Rules]:  # fmt: skip
    """All versions of a single kind that are, were or will be in force, by when: for a batch over many instants."""
    intervals = await list_intervals(tx, kind, known_at)
    rules = await list_rules(tx, kind, [(i.id, i.version) for i in intervals])
    return Timeline(intervals, rules.__getitem__)


async def list_intervals(
    tx: Transaction, kind: RuleSetKind[Any], known_at: datetime | None = None
) -> list[Interval]:  # fmt: skip
    """When which version of the kind was in force, as known at an instant (None: as known now)."""
    rows = await tx.raw.fetch(
        f"""select {STEP_COLUMNS} from rule_set_step where kind = $1 and effective_from is not null order by step_id""",
        kind.name,
    )
    return intervals_of((RuleSetStep(**row) for row in rows), known_at)


async def list_rules(
    tx: Transaction, kind: RuleSetKind[Rules], keys: Iterable[VersionKey]
) -> dict[VersionKey, Rules]:  # fmt: skip
    """What the documents of these versions say, whatever their state; without those that do not exist."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    rows = await tx.raw.fetch(
        """select id, version, fingerprint from unnest($2::uuid[], $3::int[]) as wanted(id, version)
           join rule_set_version using (id, version) where kind = $1""",
        kind.name, [key[0] for key in wanted], [key[1] for key in wanted],
    )  # fmt: skip
    return await read_versions(tx, kind, {(row["id"], row["version"]): row["fingerprint"] for row in rows})


async def load_rules(
    tx: Transaction, kind: RuleSetKind[Rules], version: int, rule_set_id: UUID | None = None
) -> Rules:  # fmt: skip
    """What one version says, whatever its state; of the kind's only document, without an id.

    404 `rule_set_version_not_found`.
    """
    wanted = rule_set_id or kind.only
    rules = {} if wanted is None else await list_rules(tx, kind, [(wanted, version)])
    if not rules:
        raise not_found("rule_set_version_not_found", "The rule set has no such version.")
    return next(iter(rules.values()))


async def read_versions(
    tx: Transaction, kind: RuleSetKind[Rules], fingerprints: Mapping[VersionKey, str]
) -> dict[VersionKey, Rules]:
    """Rules by id and version, for a query of one's own that found the versions' fingerprints.

    Documents that were not read yet in this process are fetched at once.
    """
    missing = [key for key, fingerprint in fingerprints.items() if (*key, fingerprint) not in kind.compiled]
    if not missing:
        return {key: kind.compiled[(*key, fingerprint)] for key, fingerprint in fingerprints.items()}
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from unnest($1::uuid[], $2::int[]) as wanted(id, version)
            join rule_set_version using (id, version)""",
        [key[0] for key in missing], [key[1] for key in missing],
    )  # fmt: skip
    rules = {key: kind.compiled[(*key, f)] for key, f in fingerprints.items() if key not in set(missing)}
    return rules | {(row["id"], row["version"]): kind.compile(RuleSetVersion(**row)) for row in rows}


def _the_one(in_force: Sequence[InForce[Rules]]) -> InForce[Rules]:
    if not in_force:
        raise not_found("no_rules_in_force", "No version of these rules was in force then.")
    [only] = in_force  # the database holds that there is one of a slot
    return only


# --- what people edit ---


async def lock_kind(tx: Transaction, kind: RuleSetKind[Any]) -> datetime:
    """Writers of a kind take turns. Returns the instant their steps are of: never before the last person's step."""
    await tx.raw.execute("select pg_advisory_xact_lock(hashtextextended('rule_set/' || $1, 0))", kind.name)
    last: datetime | None = await tx.raw.fetchval(
        "select max(at) from rule_set_step where kind = $1 and by <> $2", kind.name, SYSTEM
    )
    return tx.at if last is None else max(tx.at, last)


async def load_versions(tx: Transaction, kind: RuleSetKind[Any], rule_set_id: UUID) -> list[RuleSetVersion]:
    """All versions of the id, newest first, and those of other ids that have or had its slots; the kind is locked."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from rule_set_version
            where kind = $1 and (id = $2 or (effective_from is not null and slot in (
                select slot from rule_set_version where kind = $1 and id = $2)))
            order by id = $2 desc, id, version desc""",
        kind.name, rule_set_id,
    )  # fmt: skip
    return [RuleSetVersion(**row) for row in rows]


async def list_versions(tx: Transaction, kind: RuleSetKind[Any], rule_set_id: UUID) -> list[RuleSetVersion]:
    """Newest first. 404 `rule_set_not_found`."""
    rows = await tx.raw.fetch(
        f"select {COLUMNS} from rule_set_version where kind = $1 and id = $2 order by version desc",
        kind.name, rule_set_id,
    )  # fmt: skip
    if not rows:
        raise not_found("rule_set_not_found", "There is no such rule set.")
    return [RuleSetVersion(**row) for row in rows]


async def load_version(
    tx: Transaction, kind: RuleSetKind[Any], rule_set_id: UUID, number: int | None = None
) -> RuleSetVersion:  # fmt: skip
    """The version of that number, or the newest one. 404 where there is none."""
    return version_of(await list_versions(tx, kind, rule_set_id), rule_set_id, number)


async def find_version(tx: Transaction, kind: RuleSetKind[Any], key: VersionKey) -> RuleSetVersion | None:
    row = await tx.raw.fetchrow(
        f"select {COLUMNS} from rule_set_version where kind = $1 and id = $2 and version = $3", kind.name, *key
    )
    return None if row is None else RuleSetVersion(**row)


async def list_newest(
    tx: Transaction, kind: RuleSetKind[Any], after: UUID | None, limit: int
) -> list[RuleSetVersion]:  # fmt: skip
    """A row an id, by id: the version in force now, or else the newest."""
    rows = await tx.raw.fetch(
        f"""select distinct on (id) {COLUMNS} from rule_set_version v
            where kind = $1 and ($2::uuid is null or id > $2)
            order by id, {in_force_sql("v", "$4")} is true desc, version desc limit $3""",
        kind.name, after, limit, tx.at,
    )  # fmt: skip
    return [RuleSetVersion(**row) for row in rows]


async def list_steps(tx: Transaction, kind: RuleSetKind[Any], rule_set_id: UUID) -> list[RuleSetStep]:
    """The history of all versions of the id, oldest first."""
    rows = await tx.raw.fetch(
        f"select {STEP_COLUMNS} from rule_set_step where kind = $1 and id = $2 order by step_id", kind.name, rule_set_id
    )
    return [RuleSetStep(**row) for row in rows]


async def find_last_step(tx: Transaction, version: RuleSetVersion) -> RuleSetStep | None:
    """The last line in the history of one version."""
    row = await tx.raw.fetchrow(
        f"""select {STEP_COLUMNS} from rule_set_step where kind = $1 and id = $2 and version = $3
            order by step_id desc limit 1""",
        version.kind, version.id, version.version,
    )  # fmt: skip
    return None if row is None else RuleSetStep(**row)


async def add_version(tx: Transaction, version: RuleSetVersion) -> None:
    """A new draft, and the first line of its history."""
    await insert_many(tx, VERSION, [version], columns=WRITTEN)
    step = RuleSetStep(version.id, version.version, "draft", version.created_at, version.author, None, version.note)
    await add_steps(tx, version.kind, [step])


async def add_steps(tx: Transaction, kind_name: str, steps: Sequence[RuleSetStep]) -> None:
    """Lines of history, in their order."""
    await insert_many(tx, STEP, steps, shared={"kind": kind_name})


async def save_versions(tx: Transaction, versions: Sequence[RuleSetVersion]) -> None:
    """The states of versions that exist. In one statement: intervals touch, and are held apart at its end."""
    await update_many(tx, VERSION, versions, key=("id", "version"), columns=("id", "version", *STATE))
