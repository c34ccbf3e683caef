"""K16: an owner that came back from a backup tells new facts under numbers, dates and ids that were told before."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import ComplaintClosed, CustomerTraitsChanged, GroupParentChanged
from shared.messaging import Database, new_id
from tests import harness
from tests.tiering_svc.events import cancelled, placed, returned
from tests.tiering_svc.indicators.test_external_facts import filed, registered, values
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)


async def deliver(database: Database, *events):
    return await harness.deliver(database, subscriptions, events)


async def restore(database: Database, topic: str, seq: int) -> None:
    """The owner forgot what came after a number: every mark steps back to it, as `align_epoch` does."""
    await database.run(
        lambda tx: tx.raw.execute(
            "update stream_seen set last_seq = least(last_seq, $2), last_event_id = null where topic = $1", topic, seq
        )
    )


def traits(region, employees, day):
    return CustomerTraitsChanged(
        customer_id=ANN, kind="organisation", region=region, employees=employees, completeness=40, changed_at=at(day)
    )


async def test_K16_other_traits_under_numbers_that_were_told_before_take_their_place(client, database):
    await deliver(database, *registered(ANN), traits("CN-50", 10, 1), traits("CN-11", 20, 2), traits("CN-31", 30, 3))
    await restore(database, "patron.profile", 2)
    await deliver(database, traits("CN-44", 40, 4))  # event 3 again; 4 is of the life that was forgotten
    indicators = await values(client, as_of=at(20))
    assert (indicators["region"], indicators["size"]) == ("CN-44", "40")
    assert (await values(client, as_of=at(1)))["region"] == "CN-50"
    await deliver(database, traits("CN-12", 50, 5))
    assert (await values(client, as_of=at(20)))["region"] == "CN-12"


async def test_K16_another_parent_from_the_same_date_takes_its_place(client, database):
    def below(parent):
        return GroupParentChanged(customer_id=BOB, parent_id=parent, effective_from=at(2), changed_at=at(2))

    await deliver(database, placed(ANN, at(3), "100"), placed(EVE, at(3), "10"), below(ANN))
    await restore(database, "patron.profile", 0)
    await deliver(database, below(EVE))
    assert (await values(client, ANN, as_of=at(20)))["group_size"] == "1"
    assert (await values(client, EVE, as_of=at(20)))["group_size"] == "2"


async def test_K16_a_closing_told_again_is_one_closing_with_what_was_said_last(client, database):
    case = new_id()
    await deliver(database, *registered(ANN), filed(case, 2, customer=ANN))
    for satisfaction in (2, 4):
        await deliver(
            database,
            ComplaintClosed(subject_id=ANN, case_id=case, customer_id=ANN, satisfaction=satisfaction, closed_at=at(5)),
        )
        await restore(database, "patron.complaint", 1)
    indicators = await values(client, as_of=at(20), months=1)
    assert (indicators["closed_cases"], indicators["case_satisfaction"]) == ("1", "4.0000")


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=2)])
async def test_K16_a_cancellation_told_again_takes_nothing_a_second_time(client, database, later):
    base, big = placed(ANN, at(1), "100"), placed(ANN, at(5), "3000", cost="2000")
    await deliver(database, base, big)
    [correction] = await deliver(database, cancelled(big, at(9)))
    assert correction.kind == "correction"
    await restore(database, "patron.intake", 2)
    assert await deliver(database, cancelled(big, at(9) + later), returned(base, at(10), amount="100")) == []
    indicators = await values(client, as_of=at(20), months=1)
    assert (indicators["orders"], indicators["returned_count"]) == ("0", "2")
    assert Decimal(indicators["returned_amount"]) == 3100
    assert await broken_invariants(database) == []
