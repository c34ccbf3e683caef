"""P12: a process killed at named points of a merge, and of its undoing, loses nothing and leaves nothing half done."""

from functools import partial
from typing import Any

import pytest

from tests.reliability.load import order_body
from tests.reliability.whole import Whole

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

POINTS = {
    "profile": "outbox.before_commit",
    "tiering": "consumer.before_commit",
    "loyalty": "consumer.after_commit",
    "complaint": "consumer.before_apply",
}


async def members_of(whole: Whole, customer: str) -> list[str]:
    answer = await whole.load.until_answered(lambda: whole.load.http.get(f"/v1/customers/{customer}"))
    file: dict[str, Any] = answer.json()
    return [file["id"], *file.get("merged_from", [])]


async def two_customers(whole: Whole) -> list[str]:
    """Two with a file each, which comes with the event of their first order."""
    customers = []
    for number in range(2):
        body = order_body(f"{whole.load.name}-{number}", f"{whole.load.name}-{number}", number)
        whole.load.orders[body["order_id"]] = answer = await whole.load.post("/v1/orders", body)
        customers.append(answer["customer_id"])
    for customer in customers:
        await whole.load.until_answered(partial(whole.load.http.get, f"/v1/customers/{customer}"), not_yet={404})
    return customers


async def merge_two(whole: Whole, root: str, absorbed: str) -> str:
    """Sent until it is answered, with one key."""
    body, key = {"absorbed": {"id": absorbed}}, f"{whole.load.name}-merge"
    merge = await whole.load.post(f"/v1/customers/{root}/merges", body, key=key)
    assert await members_of(whole, absorbed) == [root, absorbed]
    return str(merge["merge_id"])


async def test_P12_kill_9_before_the_commit_of_a_merge(whole: Whole) -> None:
    root, absorbed = await two_customers(whole)
    await whole.arm("profile", "outbox.before_commit")
    merge_id = await merge_two(whole, root, absorbed)
    await whole.all_fired()
    undone = await whole.load.until_answered(lambda: whole.load.http.delete(f"/v1/customers/{root}/merges/{merge_id}"))
    assert undone.status_code == 204
    await whole.invariants_hold()


@pytest.mark.chaos
async def test_P12_kill_9_at_named_points_of_a_merge_and_its_undoing(whole: Whole) -> None:
    root, absorbed = await two_customers(whole)
    for service, point in POINTS.items():
        await whole.arm(service, point)
    merge_id = await merge_two(whole, root, absorbed)
    await whole.all_fired()
    await whole.invariants_hold()

    path = f"/v1/customers/{root}/merges"
    await whole.arm("profile", "outbox.before_commit")
    await whole.arm("gateway", "consumer.before_commit")
    undone = await whole.load.until_answered(lambda: whole.load.http.delete(f"{path}/{merge_id}"))
    assert undone.status_code == 204
    assert await members_of(whole, absorbed) == [absorbed]
    await whole.all_fired()
    await whole.invariants_hold()
    listed = await whole.load.until_answered(lambda: whole.load.http.get(path))
    assert [entry["merge_id"] for entry in listed.json()["items"]] == [merge_id]
