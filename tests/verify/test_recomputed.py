"""What is recomputed: of whom, how often, and what the result says of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from deploy.verify import Result, tier_lives
from deploy.verify.recomputed import Faults, Recompute, Recomputed
from deploy.verify.snapshots import Snapshots
from shared.messaging import Transaction
from tests.tiering_svc.runs import ids
from tests.verify.conftest import Five

AT = datetime(2026, 3, 2, tzinfo=UTC)


async def know(five: Five, count: int) -> None:
    """So many customers, each of whom something was recorded a day after the one before."""
    for day, customer in enumerate(ids(count)):
        await five.run("tiering", "insert into standing (customer_id, known_from) values ($1, $2)",
                       customer, AT + timedelta(days=day))  # fmt: skip


async def recomputed(five: Five, *wrong: set[UUID], most: int = 20_000) -> tuple[Result, list[list[UUID]]]:
    """The result where one look after the other finds these customers wrong, and who was looked at each time."""
    looks: list[list[UUID]] = []
    answers = iter(wrong)

    async def begin(tx: Transaction) -> Recompute:
        looks.append([])
        wrong_now = next(answers)

        async def find_faults(customers: Sequence[UUID]) -> Faults:
            looks[-1] += customers
            return {customer: ["wrong"] for customer in customers if customer in wrong_now}

        return find_faults

    *_, own = five.examined
    invariant = Recomputed("x", "x", "tiering", tier_lives.CUSTOMERS, begin, most)
    return await invariant.check(Snapshots({}, {}, {}, own, {}, (), {})), looks


async def test_those_who_differ_are_looked_at_again_before_they_are_reported(five: Five):
    await know(five, 5)
    result, looks = await recomputed(five, {UUID(int=2), UUID(int=4)}, {UUID(int=4)})
    assert looks == [list(ids(5)), [UUID(int=2), UUID(int=4)]]
    assert (result.outcome, result.offending, result.checked, result.of) == ("broken", 1, 5, 5)
    result, looks = await recomputed(five, set())
    assert (result.outcome, len(looks)) == ("holds", 1)


async def test_the_second_look_is_at_what_is_there_by_then(five: Five):
    await know(five, 1)
    seen: list[str | None] = []

    async def begin(tx: Transaction) -> Recompute:
        async def find_faults(customers: Sequence[UUID]) -> Faults:
            await five.run("tiering", "update standing set kind = $1", f"look {len(seen) + 1}")
            seen.append(await tx.raw.fetchval("select kind from standing"))
            return {customers[0]: ["wrong"]}

        return find_faults

    *_, own = five.examined
    await Recomputed("x", "x", "tiering", tier_lives.CUSTOMERS, begin).check(Snapshots({}, {}, {}, own, {}, (), {}))
    assert seen == [None, "look 1"], "each is of one instant: what changes meanwhile is seen the next time"


async def test_of_many_those_that_changed_last_and_some_others_are_looked_at(five: Five):
    await know(five, 9)
    result, [chosen] = await recomputed(five, set(), most=4)
    assert (result.checked, result.of) == (4, 9)
    assert {UUID(int=8), UUID(int=9)} < set(chosen)
    assert chosen == sorted(set(chosen))
