"""What `patron verify` holds scheduled runs to: silent after runs were caught up, loud when a table says otherwise."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from deploy.verify.invariants.schedules import INVARIANTS
from shared.messaging import Database
from tests.tiering_svc.schedules.installed import install, request_due

SERVICE = "tiering"


class UndoneAgain(Exception):
    """Takes a fault out again."""


async def broken(database: Database, fault: str | None) -> set[str]:
    """The codes of what a fault breaks; nothing refuses it, as if it had come from elsewhere."""
    codes: set[str] = set()
    with suppress(UndoneAgain):
        async with database.transaction() as tx:
            await tx.raw.execute("set local session_replication_role = replica")
            if fault is not None:
                await tx.raw.execute(fault)
            for invariant in INVARIANTS:
                assert await tx.raw.fetchval(invariant.checked) > 0, invariant.code
                if await tx.raw.fetch(invariant.offending):
                    codes.add(invariant.code)
            raise UndoneAgain
    return codes


@pytest.mark.parametrize(
    "fault",
    [
        "update scheduled_run set job_id = null where kind = 'risk_sweep'",
        "update scheduled_run set as_of = due_at + interval '1 second' where kind = 'assessment'",
        "delete from scheduled_run where kind = 'lifetime_values'",
        "delete from job where kind = 'review'",
    ],
)
async def test_a_scheduled_run_without_its_other_half_is_found(database: Database, fault: str) -> None:
    await install(database, datetime.now(UTC) - timedelta(days=100))
    await request_due(database)
    assert await broken(database, None) == set()
    assert await broken(database, fault) == {"scheduled_runs"}
