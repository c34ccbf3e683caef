"""Profile's application in tests has a stand-in for the gateway's registry of references behind it."""

import httpx
import pytest
from fastapi import FastAPI

from shared.messaging import Database
from tests import harness
from tests.profile_svc.imports.importing import Importer
from tests.profile_svc.registry import RegistryStandIn


@pytest.fixture
def registry(keys: harness.Keys) -> RegistryStandIn:
    return RegistryStandIn(keys)


@pytest.fixture
def app(database: Database, keys: harness.Keys, registry: RegistryStandIn) -> FastAPI:
    return harness.app_of("profile", database, keys, transport=registry.transport)


@pytest.fixture
def importer(client: httpx.AsyncClient, app: FastAPI) -> Importer:
    return Importer(client, app, {})
