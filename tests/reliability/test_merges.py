"""P12: a process killed at named points of a merge, and of its undoing, loses nothing and leaves nothing half done."""

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


async def test_P12_kill_9_at_named_points_of_a_merge_and_its_undoing(whole: Whole) -> None:
    name, http = whole.load.name, whole.load.http
    customers = []
    for number in range(2):
        body = order_body(f"{name}-{number}", f"{name}-{number}", number)
        whole.load.orders[body["order_id"]] = answer = await whole.load.post("/v1/orders", body)
        customers.append(answer["customer_id"])
    root, absorbed = customers
    # its file comes with the event of its first order
    await whole.load.until_answered(lambda: http.get(f"/v1/customers/{absorbed}"), not_yet={404})
    await whole.load.until_answered(lambda: http.get(f"/v1/customers/{root}"), not_yet={404})
    for service, point in POINTS.items():
        await whole.arm(service, point)
    path = f"/v1/customers/{root}/merges"
    merge = await whole.load.post(path, {"absorbed": {"id": absorbed}}, key=f"{name}-merge")
    assert await members_of(whole, absorbed) == [root, absorbed]
    await whole.all_fired()
    await whole.invariants_hold()

    await whole.arm("profile", "outbox.before_commit")
    await whole.arm("gateway", "consumer.before_commit")
    undone = await whole.load.until_answered(lambda: http.delete(f"{path}/{merge['merge_id']}"))
    assert undone.status_code == 204
    assert await members_of(whole, absorbed) == [absorbed]
    await whole.all_fired()
    await whole.invariants_hold()
    listed = await whole.load.until_answered(lambda: http.get(path))
    assert [entry["merge_id"] for entry in listed.json()["items"]] == [merge["merge_id"]]
