"""What the tests of loyalty do often: deliver an order, ask over HTTP, read how something ended."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.programmes.repository import PROGRAMME, PROGRAMME_ID
from services.loyalty_svc.subscriptions import subscriptions
from shared.errors import DomainError
from shared.events import Event, OrderPlaced, PointsPosted
from shared.messaging import Database, Transaction
from shared.rule_sets import activate_version, write_version
from tests.loyalty_svc.builders import day, order_placed

ANNA, BERT = UUID(int=0xA), UUID(int=0xB)
POINTS = f"/v1/customers/{ANNA}/points"

Deliver = Callable[..., Awaitable[Any]]
Earn = Callable[..., Awaitable[None]]


async def earn_points(
    database: Database, deliver: Deliver, amount: str, at: float, customer: UUID = ANNA, order: int = 1
) -> OrderPlaced:
    """The customer places an order of one line so many days after the start; without a tier it earns its amount."""
    placed = order_placed(customer, UUID(int=order), ("A", amount), at=day(at))
    await deliver(database, subscriptions, [placed], at=day(at))
    return placed


async def put_in_force(database: Database, at: datetime, document: dict[str, Any]) -> None:
    """A version of the programme that an analyst writes, and a head puts in force, at an instant."""

    async def write_and_activate(tx: Transaction) -> None:
        await write_version(tx, PROGRAMME, document, "analyst-1")
        await activate_version(tx, PROGRAMME, PROGRAMME_ID, None, "head-1", effective_from=at)

    await database.run(write_and_activate, at=at - PROGRAMME.notice)


async def outcome_of(work: Awaitable[Any]) -> str:
    """ "done", or the code of the error it was refused with."""
    try:
        await work
    except DomainError as refusal:
        return refusal.code
    return "done"


async def post(client: httpx.AsyncClient, path: str, body: Any = None, **more: Any) -> httpx.Response:
    """A POST with a JSON body, or without any."""
    return await client.post(path, json=body, **more) if body is not None else await client.post(path, **more)


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem answer."""
    return answer.status_code, answer.json()["code"]


def code_of(error: pytest.ExceptionInfo[DomainError]) -> str:
    """The code of a domain error that was expected."""
    return error.value.code


def balances(wallet: Wallet) -> tuple[int, int, int]:
    """Available, held and owed points."""
    return wallet.available, wallet.held, wallet.debt


def kinds(events: Sequence[Event]) -> list[tuple[str, int]]:
    """Kind and points of each entry that was announced."""
    return [(event.kind, event.points) for event in events if isinstance(event, PointsPosted)]
