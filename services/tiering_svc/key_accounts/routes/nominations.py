"""What key accounts and exclusions have in common over HTTP (T8): the evidence of a nomination, and lists of them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.tiering_svc.key_accounts.domain.key_account import AccountClassCode
from services.tiering_svc.key_accounts.domain.rules import KNOWN_INDICATORS
from services.tiering_svc.key_accounts.repository import key_accounts
from services.tiering_svc.key_accounts.routes.reads import class_read, nomination_read
from services.tiering_svc.key_accounts.schemas import AccountClassRead, EvidenceWrite, NominationRead, Status
from shared.chassis import Actor, Id, Page, Tx, data_scope, page_of, read_cursor, visible_thing_in_path
from shared.chassis.audience import hidden_fields
from shared.errors import invalid

NominationStatusFilter = Annotated[Status | None, Query()]
CustomerFilter = Annotated[Id | None, Query()]
visible_nomination = visible_thing_in_path(
    "nomination_id", key_accounts.find_customer_of_nomination, "nomination_not_found", "There is no such nomination."
)


def evidence_of(statements: list[EvidenceWrite]) -> list[dict[str, Any]]:
    """The nominator's statements as they are kept; one about an indicator that does not exist is refused."""
    for index, statement in enumerate(statements):
        if statement.indicator is not None and statement.indicator not in KNOWN_INDICATORS:
            raise invalid("unknown_indicator", "There is no such indicator.", pointer=f"/evidence/{index}/indicator")
    return [statement.model_dump() for statement in statements]


async def page_of_nominations(
    tx: Tx,
    actor: Actor,
    class_code: AccountClassCode,
    status: str | None,
    customer_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> Page[NominationRead]:
    """The nominations for a class, newest first."""
    before, hidden = read_cursor(cursor, datetime, UUID), hidden_fields(actor)
    nominations = await key_accounts.list_nominations(
        tx, class_code, status, customer_id, before, limit + 1, data_scope(tx, actor)
    )
    return page_of(
        [nomination_read(nomination, hidden) for nomination in nominations],
        limit,
        lambda nomination: (nomination.nominated_at, nomination.id),
    )


async def page_of_classes(
    tx: Tx, actor: Actor, class_code: AccountClassCode, kind: str | None, at: datetime, cursor: str | None, limit: int
) -> Page[AccountClassRead]:
    """Who was in a class at an instant, by customer."""
    after = read_cursor(cursor, UUID)
    classes = await key_accounts.list_classes(
        tx, class_code, kind, at, after[0] if after else None, limit + 1, data_scope(tx, actor)
    )
    return page_of([class_read(held) for held in classes], limit, lambda held: (held.customer_id,))
