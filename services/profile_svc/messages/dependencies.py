"""Whom a message is for where that is a contact: asked of the service that keeps it, before a transaction holds a
connection (FastAPI resolves dependencies in the order of a route's parameters: this one comes before `Tx`)."""

import asyncio
from functools import partial
from typing import Annotated

import httpx
from fastapi import Depends, Request

from services.profile_svc.messages import repository
from services.profile_svc.messages.domain.message import MessageContact
from shared.chassis import CurrentActor, Id, Refused, Service

OWNER = "complaint"
SECONDS = 1.5
NO_ANSWER = (httpx.HTTPError, OSError, TimeoutError, LookupError, TypeError, ValueError)


async def contact_of_message(message_id: Id, request: Request, _actor: CurrentActor) -> MessageContact | None:
    """Who is to get the message: None where that is the customer itself, or who the case named is not known any more.

    404 `message_not_found`; 503 `contact_unavailable` while complaint does not answer.
    """
    service: Service = request.app.state.service
    message = await service.database.run(partial(repository.get_message, message_id=message_id))
    if message.contact_id is None:
        return None
    try:
        async with asyncio.timeout(SECONDS):
            answer = await service.clients.get_json(OWNER, f"/internal/complaints/{message.contact_id}/contact", {})
            return None if answer is None else MessageContact(answer["name"], answer["email"], answer["phone"])
    except NO_ANSWER:
        raise Refused(
            503, "contact_unavailable", "Whom the message is for can not be read for a moment.",
            headers={"Retry-After": "5"},
        ) from None  # fmt: skip


ContactOfMessage = Annotated[MessageContact | None, Depends(contact_of_message)]
