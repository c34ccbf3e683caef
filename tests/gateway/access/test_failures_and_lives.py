"""The rules of access alone: who waits for how long, what is remembered, how long keys are fresh, a token's name."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from services.gateway.access.domain import failed_sign_ins
from services.gateway.access.domain.failed_sign_ins import (
    FailedSignIns,
    InvalidCredential,
    InvalidCredentials,
    network_of,
)
from services.gateway.access.domain.freshness import LONGEST, SHORTEST, UNSTATED, fresh_seconds
from services.gateway.access.domain.revoked_tokens import LATEST, end_of_life, name_of_token

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CLAIMS = {"iss": "provider", "sub": "ann", "exp": 100.0}


def test_each_failure_above_those_allowed_doubles_the_wait_up_to_the_longest() -> None:
    failures = FailedSignIns(allowed=2)
    waits = []
    for _ in range(8):
        failures.record("here", 0.0)
        waits.append(failures.wait("here", 0.0))
    assert waits == [0, 0, 2, 4, 8, 16, 30, 30]
    assert failures.wait("here", 29.0) == 1
    assert failures.wait("elsewhere", 0.0) == 0


def test_failures_are_forgiven_one_by_one() -> None:
    failures = FailedSignIns(allowed=2)
    for second in range(0, 600, 6):
        failures.record("slow", float(second))
    assert failures.wait("slow", 594.0) == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_sign_ins, "MOST_COUNTED", 3)
    monkeypatch.setattr(failed_sign_ins, "MOST_REMEMBERED", 3)
    failures, invalid = FailedSignIns(allowed=1), InvalidCredentials()
    for number in range(5):
        for _ in range(2):
            failures.record(str(number), 0.0)
        invalid.remember(bytes([number]), InvalidCredential("token_invalid", "No.", until=60.0))
    assert [failures.wait(str(number), 0.0) > 0 for number in range(5)] == [False, False, True, True, True]
    assert [invalid.find(bytes([number]), 0.0) is not None for number in range(5)] == [False, False, True, True, True]
    assert invalid.find(bytes([4]), 61.0) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"), ("no:address", "no:address"),
    ],
)  # fmt: skip
def test_an_address_is_counted_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, UNSTATED), ({"cache-control": "max-age=600"}, 600), ({"cache-control": "max-age=600", "age": "90"}, 510),
        ({"cache-control": "max-age=600", "age": "old"}, 600), ({"cache-control": "public, max-age=99999"}, LONGEST),
        ({"cache-control": "no-store"}, SHORTEST), ({"expires": "0"}, SHORTEST),
        ({"expires": format_datetime(NOW.replace(minute=10))}, 600),
        ({"expires": "Sat, 28 Nov 2026 12:10:00 -0000"}, 600),
        ({"expires": format_datetime(NOW.replace(minute=30)), "date": format_datetime(NOW.replace(minute=20))}, 600),
    ],
)  # fmt: skip
def test_what_a_provider_published_is_fresh_by_its_own_word_within_bounds(
    headers: dict[str, str], seconds: float
) -> None:
    assert fresh_seconds(headers, NOW) == seconds


def test_a_token_is_named_by_its_jti_or_by_what_was_signed() -> None:
    name = name_of_token("head.claims.signature", CLAIMS)
    assert name_of_token("head.claims.another", CLAIMS) == name, "several signatures of the same claims are good"
    assert name_of_token("head.other.signature", CLAIMS) != name
    named = name_of_token("head.claims.signature", CLAIMS | {"jti": "1"})
    assert named == name_of_token("quite.another.token", CLAIMS | {"jti": "1"})
    assert len({name, named, name_of_token("a.b.c", CLAIMS | {"jti": "1", "sub": "bob"})}) == 3
    assert len(name) == 32


def test_a_token_is_over_a_moment_after_it_says_so_and_never_after_the_latest() -> None:
    assert end_of_life(CLAIMS, leeway=5) == 105
    assert end_of_life(CLAIMS | {"exp": 10**15}, leeway=5) == LATEST
