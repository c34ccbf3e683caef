"""Fixtures of the tests of complaints that need a database."""

import pytest

from services.complaint_svc.subscriptions import subscriptions
from tests.complaint.invariants import check_invariants
from tests.complaint.telling import registered


@pytest.fixture
async def known(database, deliver) -> None:
    """CUSTOMER was heard of."""
    await deliver(database, subscriptions, [registered()])


@pytest.fixture
async def sound(database):
    """After the test the invariants hold."""
    yield
    await check_invariants(database)
