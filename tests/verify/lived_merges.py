"""Customers who were one for a while, or still are, in a system that has lived: with what they lent each other.

They end without points, debts or holds, so that whoever is looked for by those is somebody else.
"""

from typing import TYPE_CHECKING

from tests.journeys.caller import new_code

if TYPE_CHECKING:
    from tests.verify.lived_system import Life

COFFEE = "coffee"


async def live_as_one(life: "Life") -> None:
    """Two who were one while the one spent what the other had, and part of it came back; two who still are one; and a
    case that was taken for somebody else's."""
    cy, dee, eve, flo = [await _open(life, amount) for amount in ("80.00", "60.00", "50.00", "30.00")]
    await life.admin.settle()
    merge = await _merge(life, cy, dee)
    every_point = (await life.admin.get(f"/v1/customers/{dee}/points"))["balance"]
    redeemed = await life.spend(cy, every_point)
    await life.give_back(cy, redeemed["id"], 20)  # to whom they were borrowed of
    hold = await life.hold(cy, 20)
    await life.admin.post(f"/v1/holds/{hold['id']}/release")
    await life.admin.send("DELETE", merge)
    await life.admin.settle()
    await life.order_of(cy, "8.00")  # repays part of the debt
    await life.admin.settle()
    await _merge(life, flo, eve)
    await _be_mistaken(life, eve, dee)
    for customer in (dee, eve):
        await life.spend(customer, (await life.admin.get(f"/v1/customers/{customer}/points"))["balance"])
    await life.admin.settle()


async def _open(life: "Life", amount: str) -> str:
    order = await life.order(new_code("C"), 30, (COFFEE, amount, 1))
    customer: str = order["customer_id"]
    return customer


async def _merge(life: "Life", root: str, absorbed: str) -> str:
    """Where it is undone."""
    path = f"/v1/customers/{root}/merges"
    made = await life.admin.post(path, {"absorbed": {"id": absorbed}})
    await life.admin.settle()
    return f"{path}/{made['merge_id']}"


async def _be_mistaken(life: "Life", taken_for: str, customer: str) -> None:
    """What a case granted goes to whom it was of."""
    take = await life.file(taken_for, severity="low", filed_at=life.at(3), steps_follow=True)
    await take("acknowledgement", at=life.at(2.9))
    await take("judgement", valid=True, reason="So it is.", at=life.at(2.8))
    await take("proposals", text="With our apologies.", points=30, at=life.at(2.7))
    await take("acceptance", accepted=True, at=life.at(2.6))
    await take("resolution", at=life.at(2.5))
    await life.admin.settle()
    await take("identification", customer_id=customer)
    await take("follow-up", close=True)
    await life.admin.settle()
