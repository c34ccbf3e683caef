"""Fixtures of the tests of complaints that need a database."""

import pytest

from services.complaint_svc.subscriptions import subscriptions
from tests.complaint_svc.case_requests import registered
from tests.complaint_svc.invariants import check_invariants


@pytest.fixture
async def known(database, deliver) -> None:
    """CUSTOMER was heard of."""
    await deliver(database, subscriptions, [registered()])


@pytest.fixture
async def sound(database):
    """After the test the invariants hold."""
    yield
    await check_invariants(database)
