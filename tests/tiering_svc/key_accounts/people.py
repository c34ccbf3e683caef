"""Shorthand of the tests of key accounts: facts of customers, and people who nominate and decide."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.events import placed

NOW = datetime.now(UTC).replace(microsecond=0)
ANN, BOB, EVE, DAN = (UUID(int=n) for n in range(1, 5))
NOMINATIONS = "/v1/key-accounts/nominations"


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


def steady(customer: UUID, amount: str = "300", orders: int = 8, cost: str | None = "200"):
    """So many orders of this amount and cost, one every twenty days, the last five days ago."""
    return [placed(customer, ago(5 + 20 * n), amount, cost=cost) for n in range(orders)]


class People:
    """A manager nominates, a head decides; each under a name of its own."""

    def __init__(self, client, as_role) -> None:
        self.client, self.as_role = client, as_role

    async def nominate(self, customer=ANN, *kinds: str, by="mia", role="manager", **more):
        body = {
            "customer_id": str(customer), "kinds": list(kinds) or ["economic"], "reason": "They grow with us.",
            "evidence": [{"says": "A new plant opens in May.", "indicator": "amount"}],
        }  # fmt: skip
        return await self.client.post(NOMINATIONS, json=body | more, headers=self.as_role(role, subject=by))

    async def decide(self, nomination, step="approval", by="hal", role="head", path=NOMINATIONS, **body):
        headers = self.as_role(role, subject=by)
        return await self.client.post(f"{path}/{nomination['id']}/{step}", json=body, headers=headers)

    async def key_account(self, customer=ANN, *kinds: str, **body):
        nomination = (await self.nominate(customer, *kinds)).json()
        answer = await self.decide(nomination, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def show(self, customer=ANN, **query):
        answer = await self.client.get(f"/v1/customers/{customer}/key-account", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
