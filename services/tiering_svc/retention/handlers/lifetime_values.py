"""Runs of expected lifetime value (T13): the models are fitted to everybody, then everybody is valued in small steps.

Each step is one transaction with its own progress in it, so a crash anywhere doubles nothing. The fit itself is done
beside the event loop and outside a transaction; numpy and scipy are imported when the first run needs them.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.handlers.background import LIFETIME_VALUES, Parts, work
from services.tiering_svc.customers.repository import list_customers
from services.tiering_svc.retention.domain.buyers import Buyer, Worth
from services.tiering_svc.retention.repository import buyers
from services.tiering_svc.retention.repository import lifetime_values as lifetime
from services.tiering_svc.retention.repository.lifetime_values import ValueRun
from shared.messaging import Database, Transaction, new_id

CHUNK = 500


async def request_run(
    tx: Transaction, as_of: datetime, known_at: datetime, horizon_months: int, discount_rate: Decimal, by: str
) -> ValueRun:
    run_id = new_id()
    await lifetime.add_run(tx, run_id, as_of, known_at, horizon_months, discount_rate, by)
    tx.wake(LIFETIME_VALUES)
    return await lifetime.load_run(tx, run_id)


async def work_on_lifetime_values(service: Parts, stop: asyncio.Event) -> None:
    await work(LIFETIME_VALUES, lambda: advance(service.database), service, stop)


async def advance(database: Database) -> bool:
    """One step of the oldest unfinished run. False: nothing to do now."""
    run = await database.run(lifetime.find_unfinished)
    if run is None:
        return False
    if run.status == "fitting":
        known = await database.run(lambda tx: buyers.list_buyers(tx, run.as_of, run.known_at))
        parameters, failure = await asyncio.to_thread(_fit, known)
        return await database.run(lambda tx: _keep_parameters(tx, run, parameters, failure, len(known)))
    return await database.run(lambda tx: _value_a_chunk(tx, run))


def _fit(known: Sequence[Buyer]) -> tuple[dict[str, Any] | None, str | None]:
    from services.tiering_svc.retention.domain.lifetime_value import Unfit, as_data, fit

    try:
        return as_data(fit(known)), None
    except Unfit as unfit:
        return None, unfit.code


async def _keep_parameters(
    tx: Transaction, seen: ValueRun, parameters: dict[str, Any] | None, failure: str | None, customers: int
) -> bool:
    if not await lifetime.lock_run(tx, seen):
        return True  # another replica was here
    if parameters is None:
        await lifetime.save_failed(tx, seen.run_id, failure or "no_maximum")
    else:
        await lifetime.save_fitted(tx, seen.run_id, parameters, customers)
    return True


async def _value_a_chunk(tx: Transaction, run: ValueRun) -> bool:
    if not await lifetime.lock_run(tx, run):
        return True
    customers = await list_customers(tx, run.cursor, CHUNK)
    known = await buyers.list_buyers(tx, run.as_of, run.known_at, customers)
    told = await asyncio.to_thread(_value, run, known)
    await lifetime.add_values(tx, run.run_id, told)
    cursor = customers[-1] if customers else run.cursor
    await lifetime.save_progress(tx, run.run_id, cursor, told, last=len(customers) < CHUNK)
    return True


def _value(run: ValueRun, known: Sequence[Buyer]) -> list[Worth]:
    from services.tiering_svc.retention.domain.lifetime_value import from_data, worth

    assert run.parameters is not None
    return worth(from_data(run.parameters), known, run.horizon_months, run.discount_rate)
