"""Overrides and promises over HTTP (T10): listed with who and why, ended early, kept by reviews."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from deploy.verify.invariants import policies, rule_sets
from services.tiering_svc.subscriptions import subscriptions, timers
from services.tiering_svc.tiers.repository import standing_as_of
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.reviews.test_review_runs import activate_bands, reviewed

SERVICE = "tiering"
ANN = UUID(int=1)
NOW = datetime.now(UTC).replace(microsecond=0)
TIER = f"/v1/customers/{ANN}/tier"


def days(count: int) -> str:
    return (NOW + timedelta(days=count)).isoformat()


async def test_T10_an_override_is_listed_and_can_be_ended_early(client, database, as_role):
    await harness.deliver(database, subscriptions, [placed(ANN, NOW - timedelta(days=3), "900")])
    first = (await client.post(f"{TIER}/overrides", json={"tier": "gold", "reason": "a", "until": days(9)})).json()
    second = (
        await client.post(f"{TIER}/overrides", json={"tier": "platinum", "reason": "b", "until": days(30)})
    ).json()
    listed = (await client.get(f"{TIER}/overrides")).json()["items"]
    assert [(privilege["id"], privilege["reason"], privilege["ended_because"]) for privilege in listed] == [
        (second["id"], "b", None), (first["id"], "a", "replaced")
    ]  # fmt: skip
    end = f"{TIER}/overrides/{second['id']}/end"
    assert (await client.post(end, json={"reason": "x"}, headers=as_role("agent"))).status_code == 403
    ended = (
        await client.post(end, json={"reason": "the chairman left"}, headers=as_role("head", subject="bob"))
    ).json()
    assert (ended["ended_by"], ended["ended_because"]) == ("bob", "the chairman left")
    assert (await client.post(end, json={"reason": "x"})).json()["code"] == "already_ended"
    tier = (await client.get(TIER)).json()
    assert (tier["tier"], tier["kind"], tier["overridden_until"]) == ("silver", "downgrade", None)
    words = (await client.get(f"{TIER}/explanation")).json()["words"]
    assert "graded anew when an override was ended early" in words
    assert await timers.fire_due(database, until=NOW + timedelta(days=60)) in (1, 2)  # and change nothing any more
    assert (await client.get(TIER)).json()["since"] == tier["since"]
    assert await broken_invariants(database) == []


async def test_T10_an_override_that_ends_by_itself_says_so(client, database):
    await harness.deliver(database, subscriptions, [placed(ANN, NOW - timedelta(days=3), "900")])
    await client.post(f"{TIER}/overrides", json={"tier": "gold", "reason": "a", "until": days(9)})
    await timers.fire_due(database, until=NOW + timedelta(days=10))
    [listed] = (await client.get(f"{TIER}/overrides")).json()["items"]
    assert (listed["ended_because"], listed["ended_by"], listed["ended_at"][:10]) == ("over", None, days(9)[:10])


async def test_T10_a_promised_tier_is_kept_by_reviews_until_the_promise_ends(client, database, as_role):
    await activate_bands(client, database, as_role, ("gold", "800"), lowest="basic", months=1, grace_months=0)
    await harness.deliver(database, subscriptions, [placed(ANN, NOW - timedelta(days=70), "900")])
    kept = await client.post(f"{TIER}/retentions", json={"reason": "a new contract", "until": days(90)})
    assert (kept.status_code, kept.json()["tier"]) == (201, "gold")
    run = await reviewed(client, database, datetime.now(UTC))
    assert run["outcomes"] == {"grace": 1}  # its grace of no months is over at once, the promise is not
    assert (await client.get(TIER)).json()["tier"] == "gold"
    end = f"{TIER}/retentions/{kept.json()['id']}/end"
    await client.post(end, json={"reason": "the contract fell through"})
    assert (await reviewed(client, database, datetime.now(UTC)))["outcomes"] == {"down": 1}
    assert (await client.get(TIER)).json()["tier"] == "basic"
    assert await broken_invariants(database) == []


async def test_T10_a_promise_needs_a_tier_a_day_to_come_and_no_override(client, database):
    await harness.deliver(database, subscriptions, [placed(ANN, NOW - timedelta(days=3), "900")])
    past = await client.post(f"{TIER}/retentions", json={"reason": "a", "until": days(-1)})
    assert (past.status_code, past.json()["errors"][0]["pointer"]) == (422, "/until")
    kept = (await client.post(f"{TIER}/retentions", json={"reason": "a", "until": days(9)})).json()
    assert (await client.get(TIER)).json()["kept_until"] is not None
    ended = await client.post(f"{TIER}/retentions/{kept['id']}/end", json={"reason": "enough"})
    assert ended.json()["ended_because"] == "enough"
    assert (await client.get(TIER)).json()["kept_until"] is None
    await client.post(f"{TIER}/retentions", json={"reason": "b", "until": days(9)})
    await client.post(f"{TIER}/overrides", json={"tier": "gold", "reason": "c", "until": days(9)})
    assert [privilege["ended_because"] for privilege in (await client.get(f"{TIER}/retentions")).json()["items"]] == [
        "replaced by an override", "enough"
    ]  # fmt: skip
    during = await client.post(f"{TIER}/retentions", json={"reason": "d", "until": days(9)})
    assert (during.status_code, during.json()["code"]) == (409, "overridden")
    nobody = await client.post(f"/v1/customers/{UUID(int=9)}/tier/retentions", json={"reason": "a", "until": days(9)})
    assert nobody.status_code == 404


async def test_T10_a_promise_is_part_of_what_was_known_then(client, database):
    await harness.deliver(database, subscriptions, [placed(ANN, NOW - timedelta(days=3), "900")])
    before = datetime.now(UTC)
    kept = (await client.post(f"{TIER}/retentions", json={"reason": "a", "until": days(9)})).json()
    during = datetime.now(UTC)
    await client.post(f"{TIER}/retentions/{kept['id']}/end", json={"reason": "enough"})
    after = datetime.now(UTC)

    async def promised(as_of, known_at):
        past_standings = await database.run(lambda tx: standing_as_of.list_standings_as_of(tx, [ANN], as_of, known_at))
        return past_standings[ANN].promised_until if ANN in past_standings else None

    assert await promised(before, before) is None
    assert await promised(during, during) is not None
    assert await promised(during, after) is not None  # it was on then, and was ended later
    assert await promised(after, after) is None
    assert await promised(after, during) is not None  # nobody knew yet that it would be ended


async def test_T10_verify_finds_a_privilege_that_the_standing_does_not_know(client, database):
    await harness.deliver(database, subscriptions, [placed(ANN, NOW - timedelta(days=3), "900")])
    await client.post(f"{TIER}/overrides", json={"tier": "gold", "reason": "c", "until": days(9)})

    async def offending() -> list[str]:
        rows = [
            await database.run(lambda tx, invariant=invariant: tx.raw.fetch(invariant.offending))  # type: ignore[misc]
            for invariant in (*policies.INVARIANTS, *rule_sets.INVARIANTS)
        ]
        return [row["fault"] for some in rows for row in some]

    assert await offending() == []
    await database.run(lambda tx: tx.raw.execute("update standing set overridden_until = null, promised_until = now()"))
    assert sorted(await offending()) == ["override", "retention"]
    retire = """update rule_set_version set status = 'retired', effective_to = effective_from
                where kind = 'tier-policies' and status = 'active'"""
    await database.run(lambda tx: tx.raw.execute(retire))
    assert sorted(await offending())[:3] == [
        "its last step is another state", "no policy in force", "not one of them is in force without end",
    ]  # fmt: skip
