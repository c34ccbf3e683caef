"""Customers who have lived: files, teams, groups, contacts, money owed, deliveries, reviews, key accounts, warnings.

As `lived_system`, of what the gateway, profile and tiering keep; the services made it, over HTTP, and then stopped.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from services.tiering_svc.policies.repository import TIER_POLICIES
from shared.rule_sets import activate_version, write_version
from tests.journeys.caller import Caller, a_line, an_order, new_code
from tests.tiering_svc.shorthand import level
from tests.verify.lived_system import Business

SHARES = {
    "kind": "abc", "levels": [level("c"), level("b"), level("a")], "indicator": "amount", "window": {"months": 12},
    "abc": {"by": "revenue", "shares": [
        {"tier": "a", "percent": "70"}, {"tier": "b", "percent": "20"}, {"tier": "c", "percent": "10"}]},
}  # fmt: skip
CASE = {"channel": "call", "category": "delivery", "what_happened": "It came late.", "request": "Soon."}


class Customers(Business):
    """What customers, partners and people of the business do; instants are days before now."""

    def day(self, days: float) -> str:
        return self.at(days)[:10]

    async def live(self) -> None:
        await self._employ()
        ann, ben, firm = await self._open_files()
        await self._buy(ann, ben)
        await self._meet(ann, ben, firm)
        await self._owe(ann)
        await self._merge()
        await self._complain(ann, ben)
        await self._review()
        await self._choose_key_accounts(ann)
        await self._warn()
        await self._try_and_promise(ann, ben)
        await self.admin.settle()

    async def _change(self, method: str, path: str, body: Any = None) -> None:
        answer = await self.admin.send(method, path, json=body)
        assert answer.status_code in (200, 204), answer.text

    async def _employ(self) -> None:
        for unit, parent in (("group", None), ("north", "group"), ("harbour", "north")):
            await self.admin.post("/v1/units", {"unit": unit, "name": unit, "kind": "branch", "parent": parent})
        skilled = {"unit": "harbour", "subject": "sub-1", "skills": ["leasing"], "languages": ["de"], "capacity": 9}
        for employee, more in (("am-1", skilled), ("am-2", {}), ("am-3", {}), ("am-4", {"subject": "sub-4"})):
            await self.admin.post("/v1/employees", {"employee_id": employee, "name": f"Employee {employee}"} | more)
        await self._change("POST", "/v1/employees/am-4/departure", {})
        await self._change("PUT", "/v1/employees/am-1/centre", {"centre": "north", "from": self.at(50)})
        await self._change("PUT", "/v1/employees/am-1/centre", {"centre": "south"})
        absence = {"since": self.at(-1), "until": self.at(-9), "deputy_id": "am-2"}
        await self._change("PUT", "/v1/employees/am-1/absence", absence)

    async def _open_files(self) -> tuple[str, str, str]:
        person = {
            "kind": "person", "names": [{"name": "王小芳"}, {"name": "Ann Müller"}], "region": "CN-50",
            "phones": [{"number": "+12125550123"}, {"number": "+8613800000000"}], "income_band": "50-75",
            "emails": [{"address": "Ann@Example.com"}], "birth_date": {"year": 1980, "month": 4, "day": 9},
            "reference": {"source": "demo", "ref": "12125550123"},
        }  # fmt: skip
        ann = await self.admin.post("/v1/customers", person)
        partner = await self.admin.post("/v1/partners", {"code": new_code("dealer"), "name": "A dealer"})
        key = await self.admin.post(f"/v1/partners/{partner['id']}/keys")
        self.partner = Caller(self.system, {"Authorization": f"Bearer {key['secret']}"})
        old = await self.admin.post(f"/v1/partners/{partner['id']}/keys")
        await self._change("DELETE", f"/v1/partners/{partner['id']}/keys/{old['id']}")
        for ref in ("ann-there", "ben-there"):
            await self.partner.post("/v1/orders", an_order(ref, [a_line(1, "20.00")], at=self.at(3)), status=202)
        firm = await self.admin.post(
            "/v1/customers",
            {"kind": "organisation", "names": [{"name": "Holding Ltd"}], "employees": 700, "industry": "retail",
             "founded_on": "1999-05-01", "registered_capital": "1000000.00", "listed": True},
        )  # fmt: skip
        stub = await self._order("ben", 90, a_line(1, "50.00"))
        await self.admin.settle()
        answer = await self.admin.send(
            "PATCH", f"/v1/customers/{stub['customer_id']}", headers={"If-Match": "*"},
            json={"kind": "person", "names": [{"name": "Ben"}], "phones": [{"number": "+12125550199"}]},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return ann["id"], stub["customer_id"], firm["id"]

    async def _order(self, ref: str, days: float, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = an_order(ref, lines, at=self.at(days), **more)
        order: dict[str, Any] = await self.admin.post("/v1/orders", body, status=202)
        return order

    async def _buy(self, ann: str, ben: str) -> None:
        who = {"customer": {"id": ann}}
        costly = a_line(2, "300.00", 3, "coffee") | {"unit_cost": "60.1234", "discount": "5.00"}
        first = await self._order("", 400, a_line(1, "1000.00", 2) | {"unit_cost": "250"}, **who)
        second = await self._order("", 70, a_line(1, "2000.00", 4) | {"sku": "13800000000"}, costly, **who)
        third = await self._order("", 20, a_line(1, "40.00"), **who)
        last = await self._order("", 10, costly | {"line": 1}, **who)
        await self._order("ben", 35, a_line(1, "700.00", 7))
        back = {"return_id": new_code("R"), "returned_at": self.at(60), "lines": [{"line": 2, "quantity": 1}]}
        await self.admin.post(f"/v1/orders/{second['id']}/returns", back)
        cancelled = {"cancelled_at": self.at(19), "reason": "changed_mind"}
        await self.admin.post(f"/v1/orders/{third['id']}/cancellation", cancelled)
        for order, days in ((first, 398), (last, 8)):
            delivery = {"delivery_id": new_code("D"), "delivered_at": self.at(days)}
            await self.admin.post(f"/v1/orders/{order['id']}/deliveries", delivery)
        await self.admin.settle()

    async def _meet(self, ann: str, ben: str, firm: str) -> None:
        for customer, employee in ((ann, "am-1"), (ben, "am-1"), (ann, "am-2")):
            await self.admin.post(
                f"/v1/customers/{customer}/team", {"employee_id": employee, "role": "account_manager"}
            )
        engineer = {"employee_id": "am-3", "role": "service_engineer"}
        member = await self.admin.post(f"/v1/customers/{ann}/team", engineer)
        await self._change("DELETE", f"/v1/customers/{ann}/team/{member['id']}")
        contact = {"contacted_at": self.at(2), "channel": "call", "employee_id": "am-1", "summary": "They want more."}
        logged = await self.admin.post(
            f"/v1/customers/{ann}/contact-log", contact | {"next_step": {"what": "Send it", "on": self.day(-3)}}
        )
        await self.admin.post(f"/v1/customers/{ben}/contact-log", contact | {"channel": "visit"})
        done = f"/v1/customers/{ann}/contact-log/{logged['id']}/next-step/completion"
        await self.admin.post(done, {"outcome": "Sent."}, status=200)
        await self._change("PUT", f"/v1/customers/{ann}/parent", {"parent_id": firm})
        await self._change("PUT", f"/v1/customers/{ben}/parent", {"parent_id": firm})
        await self._change("DELETE", f"/v1/customers/{ben}/parent")
        for _ in range(2):
            await self.admin.get(f"/v1/customers/{ann}")
        await self.admin.overview(ann)

    async def _owe(self, ann: str) -> None:
        for amount, paid in (("600.00", ("250.10", "49.90")), ("400.00", ())):
            receivable = {"receivable_id": new_code("I"), "customer": {"id": ann}, "amount": amount,
                          "issued_on": self.day(40), "due_on": self.day(10 if paid else -20)}  # fmt: skip
            issued = await self.admin.post("/v1/receivables", receivable)
            for part in paid:
                payment = {"payment_id": new_code("P"), "receivable": issued["id"], "amount": part,
                           "paid_at": self.at(5)}  # fmt: skip
                await self.admin.post("/v1/payments", payment)

    async def _complain(self, ann: str, ben: str) -> None:
        """One closed with an answer about satisfaction, one open and overdue, one open."""
        take = await self._file(ann, filed_at=self.at(30), steps_follow=True)
        await take("acknowledgement", at=self.at(29.9))
        await take("judgement", valid=False, reason="It was in time.", at=self.at(29))
        await take("follow-up", close=True, satisfaction=4, at=self.at(28))
        await self._file(ann, filed_at=self.at(40), severity="high")
        await self._file(ben)
        await self._settle_for_another(ann, ben)
        await self.admin.settle()

    async def _settle_for_another(self, ann: str, ben: str) -> None:
        """Settled as one customer's, and then it was the other's."""
        take = await self._file(ann, severity="low")
        await take("acknowledgement")
        await take("judgement", valid=True, reason="So it is.")
        await take("proposals", text="With our apologies.", points=20)
        await take("acceptance", accepted=True)
        await take("resolution")
        await self.admin.settle()
        await take("identification", customer_id=ben)

    async def _file(self, customer: str, **more: Any) -> Any:
        case = await self.admin.post("/v1/complaints", CASE | {"customer": {"id": customer}} | more)

        async def take(step: str, **body: Any) -> Any:
            return await self.admin.post(f"/v1/complaints/{case['id']}/{step}", body)

        return take

    async def _review(self) -> None:
        """By the shipped policy; then by shares of revenue, whose cut-offs stay with the review."""
        await self._run("/v1/evaluations", as_of=self.at(15))
        tiering = self.system.databases["tiering"]
        written = await tiering.run(lambda tx: write_version(tx, TIER_POLICIES, SHARES, "analyst-1"))
        await tiering.run(lambda tx: activate_version(tx, TIER_POLICIES, written.id, written.version, "head-1"))
        await self._run("/v1/evaluations", as_of=datetime.now(UTC).isoformat())
        self.policy = written.id

    async def _run(self, path: str, **body: Any) -> None:
        run = await self.admin.post(path, body, status=202)
        async with asyncio.timeout(60):
            while run["finished_at"] is None:
                await asyncio.sleep(0.05)
                run = await self.admin.get(f"{path}/{run['id']}")
        await self.admin.settle()

    async def _choose_key_accounts(self, ann: str) -> None:
        nomination = {"customer_id": ann, "kinds": ["strategic"], "reason": "Grows.",
                      "evidence": [{"says": "They will buy more."}]}  # fmt: skip
        opened = await self.admin.post("/v1/key-accounts/nominations", nomination)
        approval = {"override_reason": "It is sure."}
        await self.head.post(f"/v1/key-accounts/nominations/{opened['id']}/approval", approval, status=200)
        risk = {"risk": "churn", "reason": "They look around.", "until": self.at(-30)}
        await self.admin.post(f"/v1/customers/{ann}/risks", risk)

    async def _merge(self) -> None:
        """Three files of one firm: two are one to this day, the third was for a while, and is known by two names."""
        first, second, third = [
            (await self.admin.post("/v1/customers", {"kind": "organisation", "names": [{"name": name}]}))["id"]
            for name in ("Twin", "Twin Ltd", "Twin & Sons")
        ]
        keep = {"absorbed": {"id": second}, "keep": {"names": "absorbed"}}
        await self.admin.post(f"/v1/customers/{first}/merges", keep)
        merge = await self.admin.post(f"/v1/customers/{first}/merges", {"absorbed": {"id": third}})
        await self._change("DELETE", f"/v1/customers/{third}/merges/{merge['merge_id']}")
        await self.admin.settle()
        for ref in ("twin-1", "twin-2"):
            reference = {"source": "demo", "ref": ref}
            added = await self.admin.post(f"/v1/customers/{first}/references", reference)
        await self._change("DELETE", f"/v1/customers/{first}/references/{added['id']}")

    async def _warn(self) -> None:
        await self._run("/v1/warnings/runs", as_of=datetime.now(UTC).isoformat())

    async def _try_and_promise(self, ann: str, ben: str) -> None:
        """The policy tried on today and on the past, what everybody is worth, tiers that a person set, consents."""
        policy = f"/v1/tier-policies/{self.policy}"
        await self._run(f"{policy}/simulations")
        month = f"{self.now - timedelta(days=40):%Y-%m}"
        await self._run(f"{policy}/back-tests", **{"from": month, "to": month})
        await self._run("/v1/lifetime-value/runs", horizon_months=12, discount_rate="0.1")
        promise = {"reason": "They stay.", "until": self.at(-30)}
        await self.admin.post(f"/v1/customers/{ann}/tier/retentions", promise)
        await self.admin.post(f"/v1/customers/{ben}/tier/overrides", promise | {"tier": "a"})
        for granted in (True, False):
            consent = {"purpose": "marketing", "channel": "email", "granted": granted, "origin": "form"}
            await self.admin.post(f"/v1/customers/{ben}/consents", consent)
