"""What customers allow, over HTTP (P13). The company's own."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from services.profile_svc.consents import repository
from services.profile_svc.consents.handlers import check_contact, load_decision, record_consent
from services.profile_svc.consents.schemas import (
    ConsentCreate,
    ConsentDecisionRead,
    ConsentRead,
    ConsentsRead,
    show_decision,
)
from services.profile_svc.files.repository import customer_files
from services.profile_svc.settings import message_settings
from shared.chassis import Code, CurrentActor, Id, Instant, Tx, allow, service_router, staff_only
from shared.chassis.audit import add_access
from shared.chassis.http.instants import refuse_backdating, refuse_future

router = service_router(prefix="/v1/customers/{customer_id}/consents", tags=["consents"])

BACKDATING_GRACE = timedelta(days=1)  # what was said yesterday is entered today; older needs the scope history
AsOf = Annotated[Instant | None, Query(description="as of when; now, if not given")]
OfContact = Annotated[Id | None, Query(description="a contact of the customer; the customer itself, if not given")]
KnownAt = Annotated[Instant | None, Query(description="as far as it was known then; now, if not given")]


@router.post("", status_code=201, dependencies=[allow("customers:write"), staff_only])
async def record_a_consent(customer_id: Id, body: ConsentCreate, tx: Tx, actor: CurrentActor) -> ConsentRead:
    """Keep that the customer allows, or forbids, to be written or called to. Withdrawing is a statement too: `granted`
    is false. The same as it said last gets the same answer and is announced once."""
    since = body.since or tx.at
    refuse_future(since, tx.at, "/from")
    refuse_backdating(since, tx.at, actor, allowed=BACKDATING_GRACE)
    statement = await record_consent(
        tx, actor, customer_id, purpose=body.purpose, channel=body.channel, granted=body.granted, changed_at=since,
        origin=body.origin, contact_id=body.contact_id,
    )  # fmt: skip
    return ConsentRead.model_validate(statement)


@router.get("", dependencies=[allow("customers:read"), staff_only])
async def list_consents(
    customer_id: Id, tx: Tx, actor: CurrentActor, contact_id: OfContact = None, as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ConsentsRead:  # fmt: skip
    """What holds, and every statement up to then, of the customer itself or of a contact. Not for partners."""
    await customer_files.get_file(tx, customer_id, actor)
    await check_contact(tx, customer_id, contact_id)
    as_of, known_at = as_of or tx.at, known_at or tx.at
    history = [
        statement
        for statement in await repository.list_statements(tx, customer_id, contact_id)
        if statement.changed_at <= as_of and statement.recorded_at <= known_at
    ]
    await add_access(tx, actor, "read_consents", [customer_id], fields=("consent",))
    last = {(statement.purpose, statement.channel): statement for statement in history}
    return ConsentsRead(
        customer_id=customer_id,
        as_of=as_of,
        known_at=known_at,
        holds=[ConsentRead.model_validate(last[pair]) for pair in sorted(last)],
        history=[ConsentRead.model_validate(statement) for statement in history],
        allowed_by_default=list(message_settings().consents_by_default),
    )


@router.get("/decision", dependencies=[allow("customers:read"), staff_only])
async def decide_about_a_message(
    customer_id: Id,
    tx: Tx,
    actor: CurrentActor,
    purpose: Annotated[Code, Query(description="for what the customer would be written or called to")],
    channel: Annotated[Code, Query(description="by which channel")],
    contact_id: OfContact = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ConsentDecisionRead:
    """Whether the customer, or a contact, may be written or called to for this purpose by this channel, and which
    statement says so: the last one that covers both."""
    await customer_files.get_file(tx, customer_id, actor)
    await check_contact(tx, customer_id, contact_id)
    decision = await load_decision(
        tx, customer_id, purpose, channel,
        as_of=as_of, known_at=known_at, contact_id=contact_id,
        allowed_by_default=message_settings().consents_by_default,
    )  # fmt: skip
    await add_access(tx, actor, "read_consents", [customer_id], fields=("consent",))
    return show_decision(customer_id, purpose, channel, decision)
