"""One currency and one time zone a deployment: fixed at the first start, held at every later one."""

from pathlib import Path
from typing import Any

import pytest

from shared.chassis.operations import deployment
from shared.errors import invalid
from shared.messaging import Database
from tests import harness

SERVICE = "loyalty"


def settings(database: Database, **more: Any) -> Any:
    return harness.settings_of(SERVICE, database.url, Path("keys"), **more)


async def test_another_currency_or_time_zone_refuses_to_start_and_says_what_to_do(database: Database) -> None:
    await database.run(lambda tx: deployment.fix(tx, settings(database, currency="CNY", time_zone="Asia/Shanghai")))
    await database.run(lambda tx: deployment.fix(tx, settings(database, currency="CNY", time_zone="Asia/Shanghai")))
    for other in ({"currency": "EUR", "time_zone": "Asia/Shanghai"}, {"currency": "CNY", "time_zone": "UTC"}):
        with pytest.raises(SystemExit, match="Set it back to"):
            await database.run(lambda tx, other=other: deployment.fix(tx, settings(database, **other)))


def test_facts_of_a_refusal_cannot_take_the_problems_own_names() -> None:
    with pytest.raises(TypeError, match="status"):
        invalid("some_code", status="open")
