"""Signing out: a person's token is ended before it expires, at every process of the gateway."""

from datetime import UTC, datetime

from services.gateway.access.handlers.authenticator import Authenticator
from services.gateway.access.handlers.credentials import VerifiedCredential
from services.gateway.access.repository import add_revoked_token
from shared.chassis.observability.security_log import SecurityLog
from shared.errors import conflict
from shared.messaging import Transaction


async def end_token(
    tx: Transaction, credential: VerifiedCredential, authenticator: Authenticator, security_log: SecurityLog
) -> None:
    """End a verified token. 409 `not_signed_in` for a key, or a service's token, which nobody signs in with."""
    name = credential.token_name
    if name is None:
        raise conflict("not_signed_in", "Only people sign in and out. A partner's key is revoked by its own route.")
    await add_revoked_token(tx, name, datetime.fromtimestamp(credential.expires_at, UTC))

    def is_ended() -> None:
        authenticator.forget_token(name, credential.expires_at)
        security_log.record("signed_out", client=credential.actor.client, caller=credential.actor.subject)

    tx.after_commit(is_ended)
