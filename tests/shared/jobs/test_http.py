"""Jobs over HTTP: the fields every run has, and what operators see and may do."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import httpx
import pytest

from shared.chassis import Ports, ServiceSettings, create_service
from shared.jobs import Failed, Job, Jobs, Outcome
from shared.jobs.http import JobRead, internal_router, job_fields
from shared.messaging import Subscriptions, Timers, Transaction
from tests import harness
from tests.shared.jobs.world import World, count


class Settings(ServiceSettings):
    service: Literal["profile"] = "profile"


class ReviewRead(JobRead):
    as_of: datetime


@pytest.fixture
async def client(world: World, keys: harness.Keys) -> AsyncIterator[httpx.AsyncClient]:
    app = create_service(
        Settings(database_url=world.database.url, keys=keys.directory, migrate=False),
        title="A service with jobs",
        topic="patron.profile",
        routers=[internal_router],
        subscriptions=Subscriptions(),
        timers=Timers(),
        migrations=Path("unused"),
        ports=Ports(database=world.database, running=False, logs=False, transport=harness.nowhere),
    )
    async with harness.client_of(app, harness.AsAdmin(keys, "profile")) as client:
        yield client


async def test_a_read_of_a_run_has_the_job_s_fields_and_the_subject_s(world: World) -> None:
    job = await world.ask(total=3)
    await Jobs({"count": count}).advance(world)
    job = await world.job(job.id)
    read = ReviewRead(**job_fields(job), as_of=job.requested_at).model_dump(mode="json")
    assert read["progress"] == {"done": 1, "total": 3}
    assert (read["status"], read["error"], read["requested_by"], read["cancelled_by"]) == (
        "running", None, "somebody", None,
    )  # fmt: skip
    assert {"id", "requested_at", "started_at", "finished_at", "as_of"} <= read.keys()


async def test_operators_see_all_jobs_and_take_failed_ones_up_again(world: World, client: httpx.AsyncClient) -> None:
    async def fail(tx: Transaction, job: Job) -> Outcome:
        return Failed("no_maximum")

    first, second = await world.ask("fit"), await world.ask()
    await Jobs({"fit": fail}).finish_all(world)
    page = (await client.get("/internal/jobs", params={"limit": 1})).json()
    assert [(job["id"], job["kind"], job["status"]) for job in page["items"]] == [(str(second.id), "count", "waiting")]
    page = (await client.get("/internal/jobs", params={"cursor": page["next"]})).json()
    assert [job["id"] for job in page["items"]] == [str(first.id)]
    [failed] = (await client.get("/internal/jobs", params={"status": "failed"})).json()["items"]
    assert (failed["id"], failed["error"], failed["tries"]) == (str(first.id), "no_maximum", 0)
    answer = await client.post(f"/internal/jobs/{first.id}/retry")
    assert (answer.status_code, answer.json()["status"]) == (200, "running")
    answer = await client.post(f"/internal/jobs/{second.id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_failed")


async def test_only_operators_do(world: World, client: httpx.AsyncClient, keys: harness.Keys) -> None:
    answer = await client.get("/internal/jobs", headers=keys.headers("profile", "head"))
    assert answer.status_code == 403
