"""What customers say about being written and called to is recorded, and asked for before each message (P13)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.profile_svc.consents import repository
from services.profile_svc.consents.domain import Consent, ConsentDecision, decide_consent
from services.profile_svc.files.repository import customer_files
from shared.chassis import Actor
from shared.chassis.audit import add_access, name_in_trail
from shared.errors import not_found
from shared.events import ConsentChanged
from shared.messaging import Transaction, announce, new_id


async def record_consent(
    tx: Transaction, actor: Actor, customer_id: UUID, *,
    purpose: str, channel: str, granted: bool, changed_at: datetime, origin: str, contact_id: UUID | None = None,
) -> Consent:  # fmt: skip
    """Keep what the customer, or a contact of it, said, and announce it. What was said last about just that once more
    changes nothing.

    404 `customer_not_found` for a customer that is not the actor's to see, `contact_not_found` for a contact of nobody
    or of somebody else.
    """
    await customer_files.load_file(tx, customer_id, actor)
    await check_contact(tx, customer_id, contact_id)
    same = [
        statement
        for statement in await repository.list_statements(tx, customer_id, contact_id)
        if (statement.purpose, statement.channel) == (purpose, channel)
    ]
    if same and same[-1].granted == granted and same[-1].changed_at <= changed_at:
        return same[-1]
    statement = Consent(
        new_id(), customer_id, purpose, channel, granted, changed_at, tx.at, origin, name_in_trail(actor), contact_id
    )
    await repository.add_statement(tx, statement)
    await add_access(tx, actor, "consent_recorded", [customer_id], fields=("consent",))
    announce(
        tx,
        [
            ConsentChanged(
                customer_id=customer_id,
                contact_id=contact_id,
                purpose=purpose,
                channel=channel,
                granted=granted,
                changed_at=changed_at,
            )
        ],
    )
    return statement


async def check_contact(tx: Transaction, customer_id: UUID, contact_id: UUID | None) -> None:
    """404 `contact_not_found` unless it is None or one of the customer's."""
    if contact_id is not None and not await repository.is_contact(tx, customer_id, contact_id):
        raise not_found("contact_not_found", "The customer has no contact with this id.")


async def load_decision(
    tx: Transaction, customer_id: UUID, purpose: str, channel: str, *, allowed_by_default: Collection[str],
    as_of: datetime | None = None, known_at: datetime | None = None, contact_id: UUID | None = None,
) -> ConsentDecision:  # fmt: skip
    """Whether the customer (or a contact of it) allows to be written or called to, now or as of an instant; for whoever
    is about to.

    `allowed_by_default` are the purposes that need no statement (the setting `consents_by_default`).
    """
    return decide_consent(
        await repository.list_statements(tx, customer_id, contact_id), purpose, channel,
        as_of=as_of or tx.at, known_at=known_at or tx.at, allowed_by_default=allowed_by_default,
    )  # fmt: skip
