"""Tests of the ground itself use a database without a service: SERVICE = "bare"."""

from pathlib import Path

import pytest

from tests import harness


@pytest.fixture
def migrations(service: str) -> Path:
    if service == "bare":
        return Path(__file__).parent / "bare" / "migrations"
    return harness.migrations_of(service)
