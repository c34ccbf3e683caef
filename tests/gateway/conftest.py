"""For the gateway's tests: the services behind it, where a test plays them."""

import pytest

from tests.gateway.behind import ServicesBehind


@pytest.fixture
def behind() -> ServicesBehind:
    return ServicesBehind()
