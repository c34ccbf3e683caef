"""What tests of who may see what stand on."""

from collections.abc import AsyncIterator

import pytest

from tests import harness
from tests.security.accounts import Accounts, open_accounts


@pytest.fixture(scope="module")
async def accounts(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[Accounts]:
    async with open_accounts(databases, keys) as opened:
        yield opened
