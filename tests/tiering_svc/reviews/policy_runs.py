"""What tests of simulations and back-tests begin with: ten customers, a draft of a policy, a run to its end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, spelled
from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import ids, to_the_end
from tests.tiering_svc.shorthand import bands_document

NOW = datetime.now(UTC).replace(microsecond=0)
CUSTOMERS = ids(10)
COSTS = {
    "per_customer_year": {"gold": "100", "basic": "2.50"},
    "points_per_unit": "1",
    "value_of_a_point": "0.01",
    "multipliers": {"gold": "1.5", "platinum": "2"},
}


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


async def a_draft(client, *bands: tuple[str, str], **more: Any) -> str:
    body = {"name": {"en": "Test", "zh": "测试"}, "document": bands_document(*bands, **more)}
    answer = await client.post("/v1/tier-policies", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def simulated(client, database, policy: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/tier-policies/{policy}/simulations", json=body)
    assert answer.status_code == 202, answer.text
    await to_the_end(database, "simulation")
    return (await client.get(f"/v1/tier-policies/{policy}/simulations/{answer.json()['id']}")).json()


async def movers_of(client, run: dict[str, Any], **filters: Any) -> list[dict[str, Any]]:
    url = f"/v1/tier-policies/{run['policy']['id']}/simulations/{run['id']}/movers"
    movers: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while True:
        cursor = {} if page["next"] is None else {"cursor": page["next"]}
        page = (await client.get(url, params={"limit": 4} | filters | cursor)).json()
        movers += page["items"]
        if page["next"] is None:
            return movers


async def ten_customers(database) -> None:
    """100 to 1,000 a customer: by the policy in force, from 800 on silver."""
    await deliver(
        database,
        *(
            placed(customer, ago(20), str(100 * number), cost=str(60 * number))
            for number, customer in enumerate(CUSTOMERS, 1)
        ),
    )


async def a_class(
    database, customer: UUID, class_code: str, kinds: list[str], *, since: datetime, recorded_at: datetime | None = None
) -> None:
    """A customer's class (key, excluded) since an instant, recorded then or later, without its nomination."""

    async def put(tx):
        await tx.raw.execute("set local session_replication_role = replica")
        await tx.raw.execute(
            """insert into account_class (class_id, customer_id, class, kinds, effective, recorded_at)
               values (gen_random_uuid(), $1, $2, $3, tstzrange($4, null), $5)""",
            *(customer, class_code, kinds, since, recorded_at or since),
        )

    await database.run(put)


def month_ago(months: int) -> datetime:
    """Noon of the tenth of the month so many months ago."""
    first = shift(NOW.date().replace(day=1), -months)
    return datetime(first.year, first.month, 10, 12, tzinfo=UTC)


async def replayed(client, database, policy: str, first: int, last: int, **more: Any) -> dict[str, Any]:
    body = {"from": spelled(month_ago(first).date()), "to": spelled(month_ago(last).date())} | more
    answer = await client.post(f"/v1/tier-policies/{policy}/back-tests", json=body)
    assert answer.status_code == 202, answer.text
    await to_the_end(database, "policy_back_test")
    return (await client.get(f"/v1/tier-policies/{policy}/back-tests/{answer.json()['id']}")).json()
