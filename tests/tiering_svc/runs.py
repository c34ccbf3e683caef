"""Runs in the tests: reviews and simulations asked for and worked to their end without the other services."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from deploy.verify.invariants.reviews import INVARIANTS
from services.tiering_svc.policies.repository import TIER_POLICIES
from services.tiering_svc.reviews.handlers import reviews
from services.tiering_svc.reviews.repository import evaluations
from services.tiering_svc.reviews.repository.evaluations import EvaluationRun
from services.tiering_svc.settings import Settings
from services.tiering_svc.subscriptions import jobs
from shared.jobs import Jobs
from shared.messaging import Database
from shared.rule_sets import activate_version, write_version

Listed = tuple[UUID, str, str | None, str, str]


async def no_heads(service: str, path: str, query: Any) -> Any:
    """Intake has nothing that is not counted yet."""
    return {"settled": True, "heads": []}


class Worker:
    """A process that works on tiering's jobs, with nothing in its memory; step by step, as a test asks for it."""

    def __init__(self, database: Database, get_json: Any = no_heads) -> None:
        self.database = database
        self.clients = SimpleNamespace(get_json=get_json)
        self.settings = Settings(database_url=database.url)
        self.jobs = Jobs(jobs.kinds, hold_seconds=0)

    async def advance(self, kind: str) -> bool:
        """One step of the oldest job of a kind. False: nothing could be done."""
        return await self.jobs.advance(self, kind)

    async def to_the_end(self, kind: str) -> None:
        for _ in range(500):
            if not await self.advance(kind):
                return
        raise AssertionError("the job did not come to an end")


async def to_the_end(database: Database, kind: str = "review") -> None:
    await Worker(database).to_the_end(kind)


async def reviewed(database: Database, as_of: datetime, **more: Any) -> EvaluationRun:
    """A review from the beginning to the end."""
    request: dict[str, Any] = {"apply": True, "by": "head-1"} | more
    run = await database.run(lambda tx: reviews.request_review(tx, as_of, **request))
    await to_the_end(database)
    return await database.run(lambda tx: evaluations.load_run(tx, run.run_id))


async def listed(database: Database, run: EvaluationRun) -> list[Listed]:
    """The exact list of movers, without whether it was applied."""
    movers: list[Listed] = []
    while True:
        after = movers[-1][0] if movers else None
        page = await database.run(lambda tx, after=after: evaluations.list_movers(tx, run.run_id, None, after, 1000))  # type: ignore[misc]
        if not page:
            return movers
        movers += [(m.customer_id, m.outcome, m.from_tier, m.to_tier, m.graded) for m in page]


async def put_in_force(database: Database, document: dict[str, Any]) -> tuple[UUID, int]:
    """A policy in force, without its approval's ceremony."""
    names = {"en": "Test", "zh": "测试"}
    version = await database.run(lambda tx: write_version(tx, TIER_POLICIES, document, "analyst-1", name=names))
    await database.run(lambda tx: activate_version(tx, TIER_POLICIES, version.id, version.version, "head-1"))
    await as_if_always_in_force(database)
    return version.id, version.version


ALWAYS = """
insert into rule_set_step (kind, id, version, step, at, by, effective_from)
select 'tier-policies', v.id, v.version, 'retired', $1::timestamptz, 'head-1', $1::timestamptz from rule_set_version v
where v.kind = 'tier-policies' and v.status = 'retired'
union all
select 'tier-policies', id, version, 'active', $1::timestamptz, 'head-1', $1::timestamptz from rule_set_version
where kind = 'tier-policies' and status = 'active'
"""
RETIRE = "update rule_set_version set effective_to = $1 where kind = 'tier-policies' and status = 'retired'"
ACTIVATE = """
update rule_set_version set activated_at = $1, effective_from = $1
where kind = 'tier-policies' and status = 'active'
"""


async def as_if_always_in_force(database: Database) -> None:
    """The policy in force graded the past of tests, too: people cannot date an activation back."""
    for statement in (RETIRE, ACTIVATE, ALWAYS):
        await database.run(lambda tx, sql=statement: tx.raw.execute(sql, datetime(2000, 1, 1, tzinfo=UTC)))  # type: ignore[misc]


def ids(count: int) -> Sequence[UUID]:
    return [UUID(int=number) for number in range(1, count + 1)]


async def broken_runs(database: Database) -> list[Any]:
    """What `patron verify` says of reviews, simulations, back-tests and watches."""
    offending: list[Any] = []
    for invariant in INVARIANTS:
        rows = await database.run(lambda tx, sql=invariant.offending: tx.raw.fetch(sql))  # type: ignore[misc]
        offending += [(invariant.code, *row) for row in rows]
    return offending
