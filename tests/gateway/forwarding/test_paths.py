"""Every public path of every service is reached through the gateway: a new collection needs its word in `paths.py`."""

import re

import pytest

from services.gateway.forwarding.domain.paths import COLLECTIONS, GATEWAY, OF_A_CUSTOMER, service_for
from shared.chassis import Ports
from tests import harness
from tests.gateway.bodies import NOBODY

OWN = {"/v1/customers:batch"}  # the gateway answers these itself, and calls the same path of profile


@pytest.mark.parametrize("service", ["profile", "tiering", "complaint", "loyalty"])
def test_every_path_of_a_service_is_forwarded_to_it(service: str, keys: harness.Keys) -> None:
    create = harness.part_of(service, "app").create_app
    settings = harness.settings_of(service, "postgresql+asyncpg://nobody@localhost/none", keys.directory)
    app = create(settings, Ports(running=False, logs=False, transport=harness.nowhere))
    public = {path for path in app.openapi()["paths"] if path.startswith("/v1/")} - OWN
    assert len(public) > 5
    paths = {re.sub(r"\{[^}]*\}", NOBODY, path).removeprefix("/v1/") for path in public}
    assert {path for path in paths if service_for(path) != service} == set()


def test_no_word_stands_twice() -> None:
    for table in (COLLECTIONS, OF_A_CUSTOMER):
        words = [word for words in table.values() for word in words]
        assert len(words) == len(set(words))
    assert service_for(f"customers/{NOBODY}/orders") is None
    assert GATEWAY not in COLLECTIONS
