"""A partner's key names itself in its secret, and only a digest of the secret is kept (G1)."""

from uuid import UUID

import pytest

from services.gateway.access.domain.partner_keys import digest_of, key_id_in, secret_of

KEY = UUID("0190a000-0000-7000-8000-000000000001")


def test_a_secret_names_its_key() -> None:
    secret = secret_of(KEY, "random_part")
    assert secret == "pk_0190a000000070008000000000000001_random_part"  # pragma: allowlist secret
    assert key_id_in(secret) == KEY


@pytest.mark.parametrize(
    "secret", ["", "ey.a.token", "pk_", f"pk_{KEY.hex}", f"pk_{KEY.hex}_", f"pk_{'g' * 32}_random", "pk_12_random"]
)
def test_what_has_not_the_form_of_a_key_names_none(secret: str) -> None:
    assert key_id_in(secret) is None


def test_the_digest_tells_secrets_apart() -> None:
    assert digest_of("pk_a") == digest_of("pk_a") != digest_of("pk_b")
    assert len(digest_of("pk_a")) == 32
