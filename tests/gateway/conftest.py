"""For the gateway's tests: the services behind it, where a test plays them."""

import pytest

from tests.gateway.behind import Behind


@pytest.fixture
def behind() -> Behind:
    return Behind()
