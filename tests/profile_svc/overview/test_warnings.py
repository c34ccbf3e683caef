"""Open early warnings (T12) in the overview and when the telephone rings, kept from events; not for partners."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.profile_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered, WarningClosed, WarningEscalated, WarningRaised
from shared.messaging import new_id
from tests import harness

SERVICE = "profile"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULE = UUID(int=9)


def raised(customer: UUID, warning: UUID, cause: str, severity: str = "yellow", days: int = 0) -> WarningRaised:
    return WarningRaised(
        customer_id=customer, warning_id=warning, cause=cause, severity=severity, rule_id=RULE, rule_version=1,
        as_of=NOW - timedelta(days=days),
    )  # fmt: skip


async def test_T12_the_overview_shows_open_warnings_worst_first_and_forgets_closed_ones(client, database, as_role):
    opened = await client.post(
        "/v1/customers", json={"kind": "person", "names": [{"name": "Ann"}], "phones": [{"number": "+12025550123"}]}
    )
    ann = UUID(opened.json()["id"])
    first, second, third = new_id(), new_id(), new_id()

    async def tell(*events):
        await harness.deliver(database, subscriptions, events)

    await tell(raised(ann, first, "silent", days=30), raised(ann, second, "arrears", "red"))
    await tell(
        raised(ann, third, "our_own", days=60),
        WarningEscalated(
            customer_id=ann, warning_id=first, cause="silent", severity="red", since=NOW - timedelta(days=30), as_of=NOW
        ),
    )
    url = f"/v1/customers/{ann}/overview"
    shown = (await client.get(url)).json()["warnings"]
    assert [(warning["cause"], warning["severity"], warning["id"]) for warning in shown] == [
        ("silent", "red", str(first)), ("arrears", "red", str(second)), ("our_own", "yellow", str(third)),
    ]  # fmt: skip
    pop = (await client.get("/v1/calls/pop", params={"number": "+12025550123"})).json()["matches"][0]
    alerts = [(item["weight"], item["en"], item["zh"]) for item in pop["alerts"] if item["code"] == "early_warning"]
    assert alerts == [
        ("high", "early warning: unusually silent", "预警：异常沉默"),
        ("high", "early warning: in arrears", "预警：逾期欠款"),
        ("normal", "early warning: our own", "预警：“our_own”"),
    ]
    await tell(
        *(
            WarningClosed(customer_id=ann, warning_id=warning_id, cause=cause, closing="cause_gone", closed_at=NOW)
            for warning_id, cause in ((first, "silent"), (third, "our_own"))
        )
    )
    assert [item["id"] for item in (await client.get(url)).json()["warnings"]] == [str(second)]


async def test_T12_partners_see_no_warnings(client, database, as_role):
    ann, partner = new_id(), new_id()
    seen = CustomerReferenceRegistered(customer_id=ann, source=f"partner:{partner}", registered_at=NOW)
    await harness.deliver(database, subscriptions, [seen, raised(ann, new_id(), "silent")])
    url = f"/v1/customers/{ann}/overview"
    assert len((await client.get(url)).json()["warnings"]) == 1
    theirs = await client.get(url, headers=as_role("partner", partner_id=partner))
    assert (theirs.status_code, theirs.json()["warnings"]) == (200, [])
