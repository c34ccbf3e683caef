"""What a service says of its backbone: nothing is called fine because nobody could ask."""

from shared.chassis.observability.metrics import Metrics
from shared.messaging.status import read_status
from tests.shared.messaging.world import TOPIC, Running, World, until

PARK = """
insert into parked (parked_id, topic, key, seq, type, payload, reason, detail, tries, recorded_at, parked_at, ended_at)
select gen_random_uuid(), $1, n::text, 1, 'intake.customer_reference_registered.v1', '', 'failed', '', 5, now(), now(),
       case when n > $2 then now() end
from generate_series(1, $2 + 10) as n
"""


async def test_a_consumer_without_a_connection_knows_no_lag_and_is_down(world: World) -> None:
    metrics = Metrics("test")
    async with Running(world):

        async def connected() -> bool:
            return world.consumer.consumer is not None

        await until(connected, "consuming")
        status = await world.subscriber.run(lambda tx: read_status(tx, world.consumer))
        assert status["lag"] == {TOPIC: 0}
        metrics.take_status(status)
        assert "patron_consumer_up 1.0" in metrics.text().decode()
    assert world.consumer.consumer is None
    status = await world.subscriber.run(lambda tx: read_status(tx, world.consumer))
    assert status["lag"] == {TOPIC: -1}
    metrics.take_status(status)
    exposition = metrics.text().decode()
    assert "patron_consumer_up 0.0" in exposition
    assert f'patron_consumer_lag{{topic="{TOPIC}"}} -1.0' in exposition


async def test_who_listens_to_nothing_lacks_no_consumer(world: World) -> None:
    status = await world.subscriber.run(lambda tx: read_status(tx, None))
    assert status["lag"] == {}
    metrics = Metrics("test")
    metrics.take_status(status)
    assert "patron_consumer_up 1.0" in metrics.text().decode()


async def test_parked_events_are_counted_beyond_those_that_are_listed(world: World) -> None:
    await world.subscriber.run(lambda tx: tx.raw.execute(PARK, TOPIC, 250))
    status = await world.subscriber.run(lambda tx: read_status(tx, None))
    assert (status["parked_count"], len(status["parked"])) == (250, 200)
    metrics = Metrics("test")
    metrics.take_status(status)
    assert "patron_parked_events 250.0" in metrics.text().decode()
