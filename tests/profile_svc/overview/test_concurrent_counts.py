"""G3: what is counted for a customer is right also when two streams tell of it in the same moment. Two transactions."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from services.profile_svc.overview.domain.cases import fold_cases
from services.profile_svc.overview.domain.totals import ReceivableCopy
from services.profile_svc.overview.repository import copies, overview
from services.profile_svc.subscriptions import subscriptions
from shared.events import ComplaintFiled, CustomerIdentified
from shared.messaging import Database, Transaction

SERVICE = "profile"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CUSTOMER, CLOSED, OPEN = UUID(int=1), UUID(int=71), UUID(int=72)

WAITS = """
select exists (select from pg_locks l join pg_stat_activity a using (pid)
               where not l.granted and a.datname = current_database())
"""

Work = Callable[[Transaction], Awaitable[None]]


def filed(case_id: UUID, customer_id: UUID | None) -> ComplaintFiled:
    return ComplaintFiled(
        subject_id=customer_id or case_id, case_id=case_id, customer_id=customer_id, kind="complaint",
        severity="normal", channel="call", category="network", tier=None, filed_at=AT,
    )  # fmt: skip


async def interleave(database: Database, first: Work, second: Work) -> None:
    """`second` comes while `first` has not committed, gets as far as it can, and goes on after the commit."""
    async with database.transaction() as tx:
        await first(tx)
        late = asyncio.create_task(database.run(second))
        async with database.transaction() as watching:
            for _ in range(500):
                if late.done() or await watching.raw.fetchval(WAITS):
                    break
                await asyncio.sleep(0.01)
    await asyncio.wait_for(late, 15)


async def row_of(database: Database) -> dict[str, object]:
    return dict(
        await database.run(lambda tx: tx.raw.fetchrow("select * from overview where customer_id = $1", CUSTOMER))
    )


@pytest.mark.parametrize("late_fact_first", [False, True])
@pytest.mark.parametrize("has_a_row", [False, True])
async def test_G3_overview_a_late_fact_under_a_cases_own_key_undoes_no_count(
    database, deliver, has_a_row, late_fact_first
):
    """The customer's new case comes under the customer's key; an old case's filing under the case's own, later."""
    identified = {"subject_id": CUSTOMER, "case_id": CLOSED, "customer_id": CUSTOMER, "identified_at": AT}
    await deliver(database, subscriptions, [CustomerIdentified(**identified, open=False)])
    if not has_a_row:
        await database.run(lambda tx: tx.raw.execute("delete from overview"))

    async def a_new_case(tx: Transaction) -> None:
        await overview.lock_overviews(tx, [CUSTOMER])
        await copies.save_cases(tx, fold_cases([filed(OPEN, CUSTOMER)]))

    async def the_filing_of_the_old_one(tx: Transaction) -> None:
        await overview.lock_overviews(tx, [CLOSED])
        await copies.save_cases(tx, fold_cases([filed(CLOSED, None)]))

    order = [the_filing_of_the_old_one, a_new_case] if late_fact_first else [a_new_case, the_filing_of_the_old_one]
    await interleave(database, *order)
    assert (await row_of(database))["open_cases"] == 1


@pytest.mark.parametrize("in_order", [True, False])
async def test_C1_overview_who_a_case_was_taken_for_has_one_fewer(database, deliver, in_order):
    """In either order of the two customers' streams; and who has no overview gets none by it."""
    other, nobody = UUID(int=2), UUID(int=3)
    mistaken = filed(OPEN, CUSTOMER).model_copy(update={"step": 1})
    linked = [
        CustomerIdentified(subject_id=to, case_id=case, customer_id=to, previous_customer_id=former, open=True,
                           step=2, identified_at=AT)
        for case, to, former in ((OPEN, other, CUSTOMER), (CLOSED, other, nobody))
    ]  # fmt: skip
    for facts in ([mistaken], linked) if in_order else (linked, [mistaken]):
        await deliver(database, subscriptions, facts)
    rows = await database.run(lambda tx: tx.raw.fetch("select customer_id, open_cases, last_case_at from overview"))
    counted = {row["customer_id"]: (row["open_cases"], row["last_case_at"]) for row in rows}
    assert counted.pop(CUSTOMER, (0, None)) == (0, None)
    assert counted == {other: (2, AT)}


@pytest.mark.parametrize("has_a_row", [False, True])
async def test_G3_overview_two_receivables_told_at_once_are_both_summed_up(database, has_a_row):
    def owed(number: int, amount: str) -> Work:
        copy = ReceivableCopy(UUID(int=number), CUSTOMER, Decimal(amount), date(2026, 4, 1))
        return lambda tx: copies.save_receivables(tx, {copy.receivable_id: copy})

    if has_a_row:
        await database.run(owed(1, "10"))
    await interleave(database, owed(2, "20"), owed(3, "30"))
    assert (await row_of(database))["outstanding_amount"] == Decimal("60" if has_a_row else "50")
