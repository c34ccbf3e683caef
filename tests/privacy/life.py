"""Two customers live through everything that can be written about a customer, with a canary in each text field."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.privacy.canaries import CanaryCaller
from tests.system import System

SETTLED_WITHIN_SECONDS = 60.0
PLAIN_CODE = {"employee_id": "kan-1", "name": "Kan"}


def ago(**how_long: float) -> str:
    return (datetime.now(UTC) - timedelta(**how_long)).isoformat()


@dataclass
class Life:
    """The callers of a life, and the customers whose it is."""

    system: System
    caller: CanaryCaller
    another: dict[str, str]  # a second person's token, for what two have to agree on
    customers: list[str] = field(default_factory=list)
    absorbed: str = ""  # a customer that the second one absorbed
    caller_number: str = ""  # of somebody who is no customer

    @staticmethod
    def now() -> str:
        return ago()

    async def settle(self) -> None:
        await self.system.settle(SETTLED_WITHIN_SECONDS)

    async def plain(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """A request without canaries, of the company's own."""
        answer = await self.system.gateway.request(method, path, json=body, headers=self.caller.headers, auth=None)
        assert answer.is_success if status is None else answer.status_code == status, f"{path}: {answer.text}"
        return answer.json() if answer.content else None

    async def live(self) -> None:
        """Everything, in an order in which each step is legal."""
        order = await self.begin()
        person, company = self.customers[:2]
        await self.money(person, order)
        await self.settle()
        await self.points(person, company)
        await self.tiers(person)
        await self.key_accounts(company)
        await self.cases(person)
        await self.warnings(company)
        await self.merge(company)
        await self.exported()
        await self.settle()

    async def begin(self) -> dict[str, Any]:
        """Files, what was talked about, an order: what is written most. Returns the order."""
        await self.plain("POST", "/v1/employees", PLAIN_CODE)
        await self.files()
        person = self.customers[0]
        await self.contacts(person)
        await self.consents(person)
        order = await self.orders(person)
        await self.settle()
        return order

    async def files(self) -> None:
        send = self.caller.send
        for kind in ("person", "organisation"):
            given = {
                "kind": kind,
                "phones": [{"number": f"+86139770000{len(self.customers)}9"}],
                "emails": [{"address": f"kanarienvogel{len(self.customers)}@example.org"}],
                "addresses": [{"country": "CN"}],
                "names": [{"language": "zh-Hans"}],
                "reference": {"source": "patron"},
            }
            file = await send("POST", "/v1/customers", given)
            await self.settle()
            answer = await self.system.gateway.get(
                f"/v1/customers/{file['id']}", headers=self.caller.headers, auth=None
            )
            self.customers.append(file["id"])
            given = {name: part for name, part in given.items() if name not in ("kind", "reference")}
            await send(
                "PATCH", "/v1/customers/{customer_id}", given, customer_id=file["id"],
                headers={"If-Match": answer.headers["etag"]},
            )  # fmt: skip

    async def contacts(self, customer: str) -> None:
        send = self.caller.send
        given = {
            "contacted_at": ago(hours=1), "channel": "call", "employee_id": "kan-1",
            "next_step": {"on": "2027-01-02", "owner": "kan-1"},
        }  # fmt: skip
        entry = await send("POST", "/v1/customers/{customer_id}/contact-log", given, customer_id=customer)
        await send(
            "POST", "/v1/customers/{customer_id}/contact-log/{entry_id}/next-step/completion",
            customer_id=customer, entry_id=entry["id"],
        )  # fmt: skip
        given = {"employee_id": "kan-1", "role": "account_manager"}
        await send("POST", "/v1/customers/{customer_id}/team", given, customer_id=customer)
        file = await self.plain("GET", f"/v1/customers/{customer}")
        number = file["phones"][0]["number"]
        call = {"state": "ringing", "at": ago(minutes=1)}
        self.caller_number = (await send("POST", "/v1/call-events", call))["number"]
        await send("POST", "/v1/call-events", call | {"number": number}, without=("/number",))

    async def consents(self, customer: str) -> None:
        send = self.caller.send
        await send("POST", "/v1/customers/{customer_id}/references", {"source": "patron"}, customer_id=customer)
        consent = {"purpose": "marketing", "channel": "email", "granted": True, "origin": "form"}
        await send("POST", "/v1/customers/{customer_id}/consents", consent, customer_id=customer)

    async def merge(self, company: str) -> None:
        """Two are one from now on: who erases one of them erases both."""
        ref = self.caller.canary("a code")
        order = {
            "order_id": "kan-merged", "customer": {"ref": ref}, "placed_at": ago(days=1), "currency": "USD",
            "channel": "web",
            "lines": [{"line": 1, "sku": "s", "category": "tea", "quantity": 1, "amount": "5.00"}],
        }  # fmt: skip
        self.absorbed = (await self.plain("POST", "/v1/orders", order))["customer_id"]
        await self.settle()
        absorbed = {"absorbed": {"source": "patron", "ref": ref}}
        await self.caller.send("POST", "/v1/customers/{customer_id}/merges", absorbed, customer_id=company)

    async def exported(self) -> None:
        """Files about everybody, with what a customer is called in them."""
        export = await self.plain("POST", "/v1/customer-exports", {"format": "ndjson"})
        await self.until_done(f"/v1/customer-exports/{export['id']}")

    async def orders(self, customer: str) -> dict[str, Any]:
        send = self.caller.send
        line = {"line": 1, "quantity": 4, "amount": "900.00"}
        given = {
            "customer": {"id": customer}, "placed_at": ago(days=2), "currency": "USD",
            "lines": [line], "order_id": "O-1",
        }  # fmt: skip
        order: dict[str, Any] = await send("POST", "/v1/orders", given, without=("/customer",))
        again = await send("POST", "/v1/orders", {**given, "customer": {"source": "patron"}})
        self.customers.append(again["customer_id"])
        whole = {"returned_at": ago(days=1), "lines": [{"line": 1, "quantity": 1}]}
        await send("POST", "/v1/orders/{order_id}/returns", whole, order_id=order["id"])
        await send("POST", "/v1/orders/{order_id}/deliveries", {"delivered_at": ago(days=1)}, order_id=order["id"])
        await send("POST", "/v1/orders/{order_id}/cancellation", {"cancelled_at": ago(days=1)}, order_id=again["id"])
        return order

    async def money(self, customer: str, order: dict[str, Any]) -> None:
        send = self.caller.send
        given = {
            "customer": {"id": customer}, "order": order["id"], "amount": "20.00", "issued_on": "2026-10-01",
            "due_on": "2026-10-20",
        }  # fmt: skip
        receivable = await send("POST", "/v1/receivables", given, without=("/customer",))
        given = {"customer": {"source": "patron"}, "amount": "2.00", "issued_on": "2026-10-01", "due_on": "2026-10-20"}
        other = await send("POST", "/v1/receivables", given, without=("/order",))
        self.customers.append(other["customer_id"])
        given = {"receivable": receivable["id"], "source": "patron", "amount": "5.00", "paid_at": ago(days=1)}
        await send("POST", "/v1/payments", given)

    async def points(self, customer: str, company: str) -> None:
        send = self.caller.send
        path = "/v1/customers/{customer_id}/points"
        spent = await send("POST", f"{path}/redemptions", {"points": 20}, customer_id=customer)
        await send(
            "POST", f"{path}/redemptions/{{entry_id}}/reversal", {"points": 3}, customer_id=customer,
            entry_id=spent["id"],
        )  # fmt: skip
        await send("POST", f"{path}/holds", {"points": 5}, customer_id=customer)
        await send("POST", f"{path}/adjustments", {"points": 5}, customer_id=customer)
        await send("POST", f"{path}/transfers", {"points": 5, "to": company}, customer_id=customer)
        lots = (await self.plain("GET", f"/v1/customers/{customer}/points/lots"))["items"]
        given = {"expires_at": (datetime.fromisoformat(lots[0]["expires_at"]) + timedelta(days=9)).isoformat()}
        await send("POST", f"{path}/lots/{{lot_id}}/extension", given, customer_id=customer, lot_id=lots[0]["id"])

    async def tiers(self, customer: str) -> None:
        send = self.caller.send
        path = "/v1/customers/{customer_id}/tier"
        until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
        tier = (await self.plain("GET", f"/v1/customers/{customer}/tier"))["tier"]
        override = await send("POST", f"{path}/overrides", {"tier": tier, "until": until}, customer_id=customer)
        await send("POST", f"{path}/overrides/{{override_id}}/end", customer_id=customer, override_id=override["id"])
        promise = await send("POST", f"{path}/retentions", {"until": until}, customer_id=customer)
        await send("POST", f"{path}/retentions/{{retention_id}}/end", customer_id=customer, retention_id=promise["id"])
        check = {
            "customer_id": customer,
            "about": "file",
            "finding": "wrong",
            "checked_at": ago(days=1),
            "check_id": str(uuid4()),
        }
        await send("POST", "/v1/spot-checks", check)

    async def key_accounts(self, customer: str) -> None:
        send = self.caller.send
        given: dict[str, dict[str, Any]] = {
            "/v1/key-accounts": {"customer_id": customer, "kinds": ["strategic"]},
            "/v1/exclusions": {"customer_id": customer},
        }
        for path, body in given.items():
            for ending in ("rejection", "approval"):
                body = {**body, "evidence": [{"indicator": "amount"}]}
                nomination = await send("POST", f"{path}/nominations", body)
                await send(
                    "POST", f"{path}/nominations/{{nomination_id}}/{ending}", by=self.another,
                    nomination_id=nomination["id"],
                )  # fmt: skip
            if path == "/v1/key-accounts":
                flag = {"risk": "management", "until": (datetime.now(UTC) + timedelta(days=60)).isoformat()}
                risk = await send("POST", "/v1/customers/{customer_id}/risks", flag, customer_id=customer)
                end = "/v1/customers/{customer_id}/risks/{flag_id}/end"
                await send("POST", end, customer_id=customer, flag_id=risk["id"])
                await send("POST", "/v1/customers/{customer_id}/key-account/end", customer_id=customer)
            else:
                await send("POST", "/v1/customers/{customer_id}/exclusion/end", customer_id=customer)

    async def cases(self, customer: str) -> None:
        send = self.caller.send
        given = {"customer": {"id": customer}, "channel": "call", "contact": {"email": "kanarienvogel@example.org"}}
        case = (await send("POST", "/v1/complaints", given))["id"]

        async def step(name: str, body: dict[str, Any] | None = None, **ids: Any) -> Any:
            return await send("POST", f"/v1/complaints/{{complaint_id}}/{name}", body, complaint_id=case, **ids)

        await step("acknowledgement")
        await step("pause")
        await step("pause/end")
        await step("judgement", {"valid": True})
        for ending in ("rejection", "approval"):
            shown = await send(
                "POST", "/v1/complaints/{complaint_id}/proposals", {"points": 900_000}, by=self.another,
                complaint_id=case,
            )  # fmt: skip
            pending = next(a for a in shown["approvals"] if a["state"] == "pending")
            await step(f"proposals/{{proposal_id}}/{ending}", proposal_id=pending["id"])
        await step("acceptance", {"accepted": True})
        await step("resolution")
        await step("follow-up", {"satisfaction": 2, "close": True})
        await step("reopening")
        await step("acknowledgement")
        await step("judgement", {"valid": False})
        await step("follow-up", {"satisfaction": 2, "close": True})

    async def warnings(self, customer: str) -> None:
        """Monthly orders that ended: a warning is raised, worked and closed."""
        for month in range(14, 3, -1):
            order = {
                "order_id": f"kan-{month}", "customer": {"id": customer}, "placed_at": ago(days=30 * month),
                "currency": "USD", "channel": "web",
                "lines": [{"line": 1, "sku": "s", "category": "tea", "quantity": 1, "amount": "500.00"}],
            }  # fmt: skip
            await self.plain("POST", "/v1/orders", order)
        await self.settle()
        run = await self.plain("POST", "/v1/warnings/runs", {})
        await self.until_done(f"/v1/warnings/runs/{run['id']}")
        raised = (await self.plain("GET", f"/v1/warnings?customer_id={customer}"))["items"]
        assert raised, "no warning was raised"
        warning = raised[0]["id"]
        await self.plain("POST", f"/v1/warnings/{warning}/acknowledgement", {})
        await self.caller.send("POST", "/v1/warnings/{warning_id}/steps", {"step": "call"}, warning_id=warning)
        closing = {"reason": "solved"}
        await self.caller.send("POST", "/v1/warnings/{warning_id}/closing", closing, warning_id=warning)

    async def until_done(self, path: str) -> Any:
        import asyncio

        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLED_WITHIN_SECONDS
        while (run := await self.plain("GET", path))["status"] != "done":
            assert loop.time() < until, run
            await asyncio.sleep(0.05)
        return run
