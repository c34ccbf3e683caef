"""A system that has lived: the services themselves made its facts, over HTTP, and then it stopped.

Everything that can happen to points and to cases has happened in it once, so that whatever is planted into one of its
databases is a fault among facts that are right.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from services.complaint_svc.calendars.handlers import CALENDAR_RULES
from services.loyalty_svc.programmes.repository import PROGRAMME
from shared.rule_sets import activate_version, write_version
from tests.journeys.caller import Caller, a_line, an_order, new_code
from tests.shared.messaging.world import until
from tests.system import System
from tests.verify.lived_merges import live_as_one

PROGRAMME_OF_LATER = {
    "base_rate": "1.25",
    "tiers": {"platinum": "2", "gold": "1.5", "silver": "1.2"},
    "categories": {"tea": "2", "gift": "0"},
    "bonuses": {"gift": 50},
    "lifetime_months": 12,
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_OF_LATER = {
    "opening_hours": {day: ["09:00-17:00"] for day in DAYS[:5]},
    "holidays": "CN",
    "special_days": [],
    "other_hours": [
        {"region": "south", "opening_hours": {day: ["08:00-12:00", "13:00-19:00"] for day in DAYS[:6]}, "holidays": ""},
        {"tier": "platinum", "opening_hours": {day: ["00:00-24:00"] for day in DAYS}},
    ],
}
CASE = {"channel": "call", "category": "delivery", "what_happened": "It came late.", "request": "Soon.",
        "contact": {"name": "Ann", "phone": "1"}}  # fmt: skip
SETTLEMENT = {"text": "With our apologies.", "points": 300, "amount": "12.50"}
SETTINGS: dict[str, dict[str, Any]] = {"loyalty": {"expiry_seconds": 0.1}}


class Business:
    """Two people of the business, whose doings lie so many days before now."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.now = datetime.now(UTC)

    @property
    def admin(self) -> Caller:
        return self._caller("admin-1")

    @property
    def head(self) -> Caller:
        return self._caller("admin-2")

    def _caller(self, subject: str) -> Caller:
        """With a token of its own: they live for a minute, and a life on a loaded machine is longer."""
        return Caller(self.system, self.system.as_role("admin", subject=subject))

    def at(self, days: float) -> str:
        return (self.now - timedelta(days=days)).isoformat()


class Life(Business):
    """What customers, partners and people of the business do; instants are days before now."""

    async def order(self, ref: str, days: float, *lines: tuple[str, str, int]) -> dict[str, Any]:
        """An order of (category, amount, quantity) lines, so many days ago."""
        content = [a_line(number, amount, quantity, category) for number, (category, amount, quantity)
                   in enumerate(lines, 1)]  # fmt: skip
        body = an_order(ref, content, at=self.at(days))
        order: dict[str, Any] = await self.admin.post("/v1/orders", body, status=202)
        return order

    async def live(self) -> None:
        await self._put_a_programme_in_force()
        customers = await self._buy()
        await self._spend(*customers)
        await self._put_a_calendar_in_force(customers[0])
        await self._complain(customers[0])
        await live_as_one(self)
        await self.admin.settle()
        await self._until_done(customers[0])

    async def _put_a_programme_in_force(self) -> None:
        """Written and approved 60 days ago, in force since 40."""
        loyalty, at = self.system.databases["loyalty"], self.now - timedelta(days=60)
        written = await loyalty.run(lambda tx: write_version(tx, PROGRAMME, PROGRAMME_OF_LATER, "analyst-1"), at=at)
        begins = at + timedelta(days=20)
        await loyalty.run(
            lambda tx: activate_version(tx, PROGRAMME, written.id, written.version, "head-1", effective_from=begins),
            at=at,
        )

    async def _put_a_calendar_in_force(self, ann: str) -> None:
        """Ann's region has hours and days of its own; so have customers of the highest tier, wherever they are."""
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        answer = await self.admin.send("PATCH", f"/v1/customers/{ann}", json={"region": "south"}, headers=headers)
        assert answer.status_code == 200, answer.text
        await self.admin.settle()
        complaint, at = self.system.databases["complaint"], self.now - timedelta(days=60)
        written = await complaint.run(lambda tx: write_version(tx, CALENDAR_RULES, HOURS_OF_LATER, "analyst-1"), at=at)
        await complaint.run(
            lambda tx: activate_version(tx, CALENDAR_RULES, written.id, written.version, "head-1"), at=at
        )

    async def _buy(self) -> tuple[str, str]:
        ann, ben = new_code("C"), new_code("C")
        await self.order(ann, 800, ("coffee", "40.00", 1))  # its points are over by now
        await self.order(ann, 90, ("coffee", "1000.50", 1), ("tea", "500.25", 2))
        big = await self.order(ann, 60, ("coffee", "3000.00", 3), ("tea", "0.30", 1))
        late = await self.order(ann, 20, ("tea", "70.10", 2), ("gift", "5.00", 2), ("coffee", "33.35", 1))
        gone = await self.order(ann, 10, ("coffee", "80.00", 1))
        spent = await self.order(ben, 30, ("coffee", "400.00", 4))
        await self.order(ben, 5, ("coffee", "0.40", 1))
        await self.admin.settle()
        await self.admin.take_back(big, (1, 1))
        await self.admin.take_back(late, (1, 1), (2, 1))
        await self.admin.take_back(late, (1, 1))
        cancelled = {"cancelled_at": self.at(9), "reason": "changed_mind"}
        await self.admin.post(f"/v1/orders/{gone['id']}/cancellation", cancelled)
        await self.admin.settle()
        balance, _ = await self.admin.points(spent["customer_id"])
        await self._post(spent["customer_id"], "redemptions", points=balance)
        await self.admin.take_back(spent, (1, 2))  # what was spent is owed
        await self.admin.settle()
        return big["customer_id"], spent["customer_id"]

    async def _post(
        self, customer: str, what: str, by: Caller | None = None, status: int = 201, **body: Any
    ) -> dict[str, Any]:
        url = f"/v1/customers/{customer}/points/{what}"
        made: dict[str, Any] = await (by or self.admin).post(url, body, status=status)
        return made

    async def order_of(self, customer: str, amount: str) -> None:
        """As `order`, by a known id, just now."""
        body = an_order("", [a_line(1, amount, 1, "coffee")]) | {"customer": {"id": customer}}
        await self.admin.post("/v1/orders", body, status=202)

    async def spend(self, customer: str, points: int) -> dict[str, Any]:
        return await self._post(customer, "redemptions", points=points)

    async def give_back(self, customer: str, redemption: str, points: int) -> None:
        await self._post(customer, f"redemptions/{redemption}/reversal", points=points)

    async def hold(self, customer: str, points: int) -> dict[str, Any]:
        return await self._post(customer, "holds", points=points)

    async def _spend(self, ann: str, ben: str) -> None:
        redeemed = await self._post(ann, "redemptions", points=700, reference="till-1")
        await self._post(ann, f"redemptions/{redeemed['id']}/reversal", points=200, reason="Half of it came back.")
        for capture in (60, 100):
            hold = await self._post(ann, "holds", points=100)
            await self.admin.post(f"/v1/holds/{hold['id']}/capture", {"points": capture})
        hold = await self._post(ann, "holds", points=110)
        await self.admin.post(f"/v1/holds/{hold['id']}/release")
        await self._post(ann, "holds", points=120)
        soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        await self._post(ann, "holds", points=130, expires_at=soon)
        await self._post(ann, "adjustments", points=25, reason="Counted wrongly.")
        await self._post(ann, "adjustments", points=-15, reason="Counted wrongly.")
        large = await self._post(ann, "adjustments", status=202, points=5000, reason="A prize.")
        await self.head.post(f"/v1/adjustments/{large['id']}/approval")
        refused = await self._post(ann, "adjustments", status=202, points=6000, reason="A prize.")
        await self.head.post(f"/v1/adjustments/{refused['id']}/rejection")
        await self._post(ann, "adjustments", status=202, points=7000, reason="A prize.")
        await self._post(ann, "transfers", to=ben, points=90, reason="A present.")
        [lot, *_] = (await self.admin.get(f"/v1/customers/{ann}/points/lots"))["items"]
        for years in (3, 4):
            later = (self.now + timedelta(days=365 * years)).isoformat()
            await self._post(ann, f"lots/{lot['id']}/extension", expires_at=later, reason="A kindness.")
        await self.admin.settle()

    async def file(self, customer: str | None, **more: Any) -> Callable[..., Any]:
        """File a case; returns what takes a step of it."""
        whose = {} if customer is None else {"customer": {"id": customer}}
        case = await self.admin.post("/v1/complaints", CASE | whose | more)

        async def take(step: str, status: int = 201, **body: Any) -> Any:
            return await self.admin.post(f"/v1/complaints/{case['id']}/{step}", body, status=status)

        take.case_id = case["id"]  # type: ignore[attr-defined]
        return take

    async def _complain(self, ann: str) -> None:
        # reported after the fact, with pauses and a refusal, settled, closed, and reopened today
        take = await self.file(ann, severity="low", filed_at=self.at(30), steps_follow=True)
        await take("acknowledgement", at=self.at(29.9))
        await take("pause", at=self.at(29.8))
        await take("pause/end", at=self.at(26.8))
        await take("judgement", valid=True, reason="So it is.", at=self.at(26.7))
        await take("proposals", **SETTLEMENT | {"points": 100}, at=self.at(26.6))
        await take("acceptance", accepted=False, at=self.at(26))
        await take("proposals", **SETTLEMENT, at=self.at(25.9))
        await take("acceptance", accepted=True, at=self.at(25))
        await take("resolution", at=self.at(24.9))
        await take("follow-up", close=True, satisfaction=2, at=self.at(20))
        await take("reopening", reason="It came late again.")
        # filed after the fact and left alone: warned, breached, escalated to the top; the work comes late
        take = await self.file(ann, filed_at=self.at(40), severity="high")
        self.late = take.case_id  # type: ignore[attr-defined]
        await until(self._is_escalated, "the case is at the top", 30)
        await take("acknowledgement")
        await take("judgement", valid=False, reason="It was in time.")
        # nobody knows whose it is until it is resolved
        take = await self.file(None, kind="consultation", filed_at=self.at(12), steps_follow=True)
        await take("acknowledgement", at=self.at(11.9))
        await take("judgement", valid=True, reason="A question.", at=self.at(11.8))
        await take("resolution", at=self.at(11.7))
        await take("follow-up", close=True, at=self.at(11.6))
        take = await self.file(None, severity="low", filed_at=self.at(13), steps_follow=True)
        await take("acknowledgement", at=self.at(12.9))
        await take("judgement", valid=True, reason="So it is.", at=self.at(12.8))
        await take("proposals", **SETTLEMENT, at=self.at(12.7))
        await take("acceptance", accepted=True, at=self.at(12.6))
        await take("resolution", at=self.at(12.5))
        await take("identification", customer_id=ann)
        # more money than one person may give: another approves; then too much, which is rejected
        take = await self.file(ann, severity="low")
        await take("acknowledgement")
        await take("judgement", valid=True, reason="So it is.")
        for decision in ("rejection", "approval"):
            waiting = await take("proposals", 202, text="It is much.", amount="2500.00")
            approval = waiting["approvals"][-1]["id"]
            url = f"/v1/complaints/{take.case_id}/proposals/{approval}"  # type: ignore[attr-defined]
            await self.head.post(f"{url}/{decision}")
        # in work: one graver than it seemed, one that waits for the customer
        take = await self.file(ann, severity="low")
        await take("acknowledgement")
        case = f"/v1/complaints/{take.case_id}"  # type: ignore[attr-defined]
        answer = await self.admin.send("PATCH", case, json={"severity": "normal"}, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
        take = await self.file(ann, severity="low", kind="repair")
        await take("acknowledgement")
        await take("pause")
        await self.admin.settle()

    async def _is_escalated(self) -> bool:
        return (await self.admin.get(f"/v1/complaints/{self.late}"))["escalation_level"] == "sponsor"

    async def _until_done(self, ann: str) -> None:
        async def done() -> bool:
            over = await self.admin.get(f"/v1/customers/{ann}/points/holds", state="expired")
            waiting = await self.system.databases["complaint"].run(
                lambda tx: tx.raw.fetchval(
                    "select count(*) from timer where state = 'pending' and due_at < now() + interval '10 minutes'"
                )
            )
            return bool(over["items"]) and not waiting

        await until(done, "what is due has fired", 30)
        await self.admin.settle()
