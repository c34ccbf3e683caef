"""One running system for the journeys of a module; and after each journey every invariant of `patron verify` holds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import Connections, connected
from tests import harness
from tests.journeys.caller import SETTLED_WITHIN_SECONDS, Caller
from tests.system import System
from tests.system import system as start_system

SignIn = Callable[..., Awaitable[Caller]]


@pytest.fixture(scope="module")
async def system(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[System]:
    """Shared by a module's journeys, which therefore use customers of their own."""
    async with start_system(databases, keys) as running:
        yield running


@pytest.fixture(scope="module")
async def examined(system: System) -> AsyncIterator[Connections]:
    """Connections of the module's own, so that to examine costs milliseconds."""
    async with connected({name: database.url for name, database in system.databases.items()}) as connections:
        yield connections


@pytest.fixture(autouse=True)
async def what_must_hold(system: System, examined: Connections) -> AsyncIterator[None]:
    """Whatever callers did, what `patron verify` checks is true afterwards."""
    yield
    await check_all_invariants(system, examined)


async def check_all_invariants(system: System, connections: Connections) -> None:
    await system.settle(SETTLED_WITHIN_SECONDS)
    report = await check_invariants(connections, SUBSCRIBED_TOPICS, SETTLED_WITHIN_SECONDS)
    assert report.holds, "\n".join(f"{fault.code} {fault.name}: {'; '.join(fault.examples)}" for fault in report.broken)
    assert not report.lagging


@pytest.fixture
def nobody(system: System) -> Caller:
    """Somebody without a token."""
    return Caller(system, {})


@pytest.fixture
def sign_in(nobody: Caller) -> SignIn:
    """`await sign_in("agent")`: a person's token of the development issuer, got over HTTP like everything else."""

    async def get_a_token(role: str, **more: Any) -> Caller:
        token = await nobody.post("/dev/token", {"role": role, **more}, status=200)
        return Caller(nobody.system, {"Authorization": f"Bearer {token['access_token']}"})

    return get_a_token


@pytest.fixture
async def admin(sign_in: SignIn) -> Caller:
    return await sign_in("admin")
