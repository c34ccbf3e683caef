"""Faults of points, planted one at a time into a system that has lived."""

from tests.verify.planted import Fault, LivedSystem, each_of

# The order of 1000.50 and 500.25, bought 90 days ago, that nobody took anything back of.
AN_ORDER = "(select order_id from order_points where posted = 1801)"
WHOLE = f"order_id = {AN_ORDER}"
ITS_ENTRY = f"(select id from entry where {WHOLE} and kind = 'earn' and fact_id is null order by number limit 1)"
ANN = "(select customer_id from wallet where debt = 0 and available > 0)"
BEN = "(select customer_id from wallet where debt > 0)"
AN_ID = "0192f000-0000-7000-8000-00000000ffff"


# An event's payload is written without spaces.
COMPACT = "replace(replace(({payload})::text, '\": ', '\":'), ', \"', ',\"')"
SAID_AGAIN = COMPACT.format(
    payload="""o.payload::jsonb || jsonb_build_object('points', e.points, 'balance', e.available)"""
)
ANNOUNCED_AS_IT_IS = f"""
    update outbox o set payload = {SAID_AGAIN} from entry e
    where o.type = 'loyalty.points_posted.v1' and o.payload::jsonb ->> 'entry_id' = e.id::text
"""
EVENT = COMPACT.format(
    payload="""jsonb_strip_nulls(jsonb_build_object('customer_id', e.customer_id, 'entry_id', e.id, 'kind', e.kind,
        'points', e.points, 'balance', e.available, 'held', e.held, 'debt', e.debt, 'order_id', e.order_id,
        'case_id', e.case_id, 'posted_at', e.recorded_at))"""
)
NAMES = ("id", "customer_id", "number", "kind", "points", "available", "held", "debt", "occurred_at", "recorded_at",
         "order_id", "case_id", "hold_id", "fact_id", "reverses", "reference", "reason", "actor")  # fmt: skip


def once_more(name: str, entry: str, points: int, codes: set[str], **columns: str) -> Fault:
    """An entry of Ann's again, of so many points (what it has itself depends on what was heard first, the order or the
    tier), with its postings and a lot of its own, announced and heard: all of it fits."""
    values = {"id": f"'{AN_ID}'", "number": "w.entries + 1", "points": f"{points}",
              "available": f"w.available + {points}", "held": "w.held", "debt": "w.debt",
              "recorded_at": "now()"} | columns  # fmt: skip
    row = ", ".join(values.get(name, f"e.{name}") for name in NAMES)
    again = f"""
        insert into entry ({", ".join(NAMES)})
        select {row} from entry e join wallet w using (customer_id) where e.id = {entry};
        insert into posting select '{AN_ID}', account, customer_id, {points} * sign(points) from posting
        where entry_id = {entry};
        insert into lot (id, customer_id, entry_id, order_id, earned_at, expires_at, points, remaining)
        select '{AN_ID}', l.customer_id, '{AN_ID}', e.order_id, l.earned_at, l.expires_at, {points}, {points}
        from lot l, entry e where l.entry_id = {entry} and e.id = '{AN_ID}';
        update order_points set lots = lots || '{AN_ID}'::uuid where order_id = (
            select order_id from entry where id = '{AN_ID}');
        update stream_head h set seq = seq + 1, last_event_id = '{AN_ID}' from entry e
        where e.id = '{AN_ID}' and h.topic = 'patron.loyalty' and h.key = e.customer_id::text;
        insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard)
        select now(), '{AN_ID}', h.topic, h.key, h.seq, 'loyalty.points_posted.v1', {EVENT}, '', now(), 0
        from entry e join stream_head h on h.topic = 'patron.loyalty' and h.key = e.customer_id::text
        where e.id = '{AN_ID}';
        update wallet w set available = e.available, entries = e.number from entry e
        where e.id = '{AN_ID}' and w.customer_id = e.customer_id
    """
    received = f"""
        update stream_seen set last_seq = last_seq + 1, last_event_id = '{AN_ID}'
        where topic = 'patron.loyalty' and key = (
            select customer_id::text from overview where points_held > 0);
        update overview set points_balance = points_balance + {points} where points_held > 0
    """
    return Fault(name, "loyalty", again, codes | {"payload_digests"}, {"profile": received})


A_GRANT = "(select id from entry where kind = 'grant' order by occurred_at limit 1)"
SPENT = "(select id from entry where kind = 'redeem' and points = -700)"
OPEN = "(select id from hold where state = 'open')"
EXPIRED = "(select id from hold where state = 'expired')"
CAPTURED = "(select id from hold where captured = 60)"

FAULTS = [
    # what orders earned
    once_more("order-earned-twice", ITS_ENTRY, 1500, {"orders_posted", "entry_causes"}),
    Fault("posted-is-not-the-ledger", "loyalty", f"update order_points set posted = posted + 7 where {WHOLE}",
          {"orders_posted", "orders_earned"}),
    Fault("rate-doubled-in-place", "loyalty",
          "update rule_set_version set document = jsonb_set(document, '{base_rate}', '\"2\"') where version = 1",
          {"orders_earned", "rule_set_documents"}),
    Fault("rate-doubled-with-its-fingerprint", "loyalty",
          """update rule_set_version set document = jsonb_set(document, '{base_rate}', '"2"'),
                 fingerprint = md5(coalesce(name::text, '') || jsonb_set(document, '{base_rate}', '"2"')::text)
             where version = 1""", {"orders_earned"}),
    Fault("lifetime-doubled-in-place", "loyalty",
          "update rule_set_version set document = jsonb_set(document, '{lifetime_months}', '48') where version = 2",
          {"lots_made", "rule_set_documents"}),
    Fault("another-programme", "loyalty", f"update order_points set programme = 2 where {WHOLE}",
          {"orders_earned", "lots_made"}),
    Fault("multiplier-of-another-tier", "loyalty",
          "update tier_copy set tier = 'platinum' where tier = 'gold'", {"orders_earned", "tiers_in_ledger"}),
    Fault("line-of-another-category", "loyalty",
          f"update order_points set lines = replace(lines::text, 'coffee', 'cocoa')::jsonb where {WHOLE}",
          {"orders_in_ledger"}),
    Fault("lines-of-another-amount-that-sum-alike", "loyalty",
          f"""update order_points set lines = replace(replace(lines::text, '1000.50', '1001.50'),
                                                      '500.25', '499.25')::jsonb where {WHOLE}""",
          {"orders_in_ledger"}),
    Fault("lines-emptied", "loyalty", f"update order_points set lines = '[]' where {WHOLE}",
          {"orders_in_ledger", "orders_earned"}),
    Fault("returned-points-kept", "loyalty",
          """update order_points set lines = '[[1, "coffee", "3000.00", 3], [2, "tea", "0.30", 1]]', posted = 4500
             where lines::text like '%3000%'""", {"reversed_lines", "orders_posted"}),
    Fault("cancelled-order-keeps-its-line", "loyalty",
          """update order_points set lines = '[[1, "coffee", "80.00", 1]]' where lines::text like '%80.00%'""",
          {"reversed_lines", "orders_earned"}),
    Fault("order-forgets-its-lots", "loyalty", f"update order_points set lots = '{{}}' where {WHOLE}",
          {"orders_posted"}),
    # why points moved
    once_more("earned-without-a-cause", ITS_ENTRY, 1500, {"entry_causes", "lots_made"}, order_id="null"),
    Fault("earned-by-an-order-of-another", "loyalty",
          f"update entry set order_id = gen_random_uuid() where id = {ITS_ENTRY}",
          {"entry_causes", "orders_posted", "ledger_announced", "lots_made"}),
    Fault("entry-of-another-customer", "loyalty",
          f"""update posting set customer_id = {BEN} where entry_id = {ITS_ENTRY};
              update entry set customer_id = {BEN}, number = 99 where id = {ITS_ENTRY}""",
          {"ledger_entries", "ledger_balances", "entry_balances", "entry_causes", "lots_made", "orders_posted",
           "ledger_announced"}),
    Fault("entry-of-another-kind", "loyalty",
          "update entry set kind = 'adjust' where kind = 'expire'",
          {"entry_causes", "entry_balances", "ledger_announced"}),
    Fault("redeemed-by-nobody", "loyalty", f"update entry set actor = null where id = {SPENT}", {"entry_causes"}),
    Fault("adjusted-without-a-decision", "loyalty",
          """update adjustment set state = 'pending', decided_by = null, decided_at = null, entry_id = null
             where points = 5000""",
          {"entry_causes"}),
    Fault("adjusted-by-more-than-was-decided", "loyalty", "update adjustment set points = 50 where points = 25",
          {"entry_causes"}),
    Fault("adjustment-approved-by-who-asked", "loyalty",
          "update adjustment set decided_by = requested_by where points = 5000",
          {"entry_causes", "adjustments_by_two"}),
    Fault("adjustment-posted-and-not-in-the-ledger", "loyalty",
          f"""update adjustment set state = 'posted', decided_by = 'x', decided_at = now(), entry_id = '{AN_ID}'
              where state = 'pending'""", {"entry_causes"}),
    Fault("transfer-that-nobody-received", "loyalty",
          f"update entry set fact_id = gen_random_uuid() where kind = 'transfer' and customer_id = {BEN}",
          {"entry_causes"}),
    Fault("more-given-back-than-was-spent", "loyalty",
          f"update spent_lot set reversed = points where entry_id = {SPENT}", {"lots_used"}),
    Fault("redemption-of-no-lots", "loyalty", f"delete from spent_lot where entry_id = {SPENT}",
          {"lots_used"}),
    Fault("given-back-of-nothing", "loyalty",
          "update entry set reverses = gen_random_uuid() where kind = 'reverse_redemption'",
          {"entry_causes", "lots_used"}),
    # how they moved
    Fault("postings-of-another-account", "loyalty",
          f"update posting set account = 'adjusted' where account = 'issued' and entry_id = {ITS_ENTRY}",
          {"entry_balances", "orders_posted"}),
    Fault("consistent-but-wrong-postings", "loyalty",
          f"""update posting set points = points + 10 * sign(points) where entry_id = {ITS_ENTRY};
              update lot set points = points + 10, remaining = remaining + 10 where entry_id = {ITS_ENTRY};
              update entry set points = points + 10 where id = {ITS_ENTRY};
              update entry set available = available + 10 where customer_id = {ANN} and number >= (
                  select number from entry where id = {ITS_ENTRY});
              update wallet set available = available + 10 where customer_id = {ANN};
              {ANNOUNCED_AS_IT_IS}""",
          {"payload_digests", "orders_posted"},
          {"profile": "update overview set points_balance = points_balance + 10 where points_held > 0"}),
    Fault("balance-after-an-entry", "loyalty",
          f"""update entry set available = available + 1 where id = {SPENT};
              {ANNOUNCED_AS_IT_IS}""",
          {"payload_digests", "entry_balances"}),
    Fault("debt-forgotten", "loyalty",
          f"""update posting set account = 'expired' where account = 'debt' and points < 0;
              update entry set debt = 0, points = 0 where customer_id = {BEN} and kind = 'reverse';
              update wallet set debt = 0, available = 90 where customer_id = {BEN}""",
          {"entry_balances", "overview_points", "ledger_balances", "ledger_announced", "lots_used"}),
    Fault("announced-of-another-order", "loyalty",
          "update outbox set payload = replace(payload, 'order_id\":\"0', 'order_id\":\"1') "
          "where position = (select min(position) from outbox where payload like '%\"order_id\"%')",
          {"payload_digests", "ledger_announced"}),
    # lots
    Fault("expiry-moved", "loyalty",
          f"update lot set expires_at = expires_at + interval '1 year' where entry_id = {ITS_ENTRY}", {"lots_made"}),
    Fault("expiry-of-a-grant-moved", "loyalty",
          f"update lot set expires_at = expires_at - interval '1 day' where entry_id = {A_GRANT}",
          {"lots_made", "lots_expire"}),
    Fault("extension-forgotten", "loyalty",
          "delete from lot_extension where expires_at = (select max(expires_at) from lot_extension)", {"lots_made"}),
    Fault("lot-of-more-points", "loyalty",
          f"update lot set points = points + 100, expired = expired where entry_id = {ITS_ENTRY}", {"lots_made"}),
    Fault("lot-without-an-entry", "loyalty",
          f"insert into lot (id, customer_id, entry_id, earned_at, expires_at, points, remaining) "
          f"values ('{AN_ID}', {ANN}, "
          f"'{AN_ID}', now(), now() + interval '1 year', 5, 0)", {"lots_made"}),
    Fault("earned-at-another-time", "loyalty",
          f"update lot set earned_at = earned_at + interval '1 day' where entry_id = {ITS_ENTRY}", {"lots_made"}),
    Fault("spent-twice-out-of-a-lot", "loyalty",
          f"""update lot set remaining = points where entry_id = {ITS_ENTRY};
              update lot set remaining = remaining - 692 where points = 5000""",
          {"lots_used"}),
    Fault("expired-without-an-entry", "loyalty",
          "update lot set expired = 1 where points = 5000", {"lots_used"}),
    Fault("expiry-never-run", "loyalty",
          """update lot set expired = 0, remaining = 40 where points = 40;
              update lot set remaining = remaining - 40, expired = 40 where points = 5000""",
          {"lots_expire"}),
    Fault("next-expiry-forgotten", "loyalty", f"update wallet set next_expiry = null where customer_id = {ANN}",
          {"lots_expire"}),
    Fault("next-expiry-too-late", "loyalty",
          f"update wallet set next_expiry = '2100-01-01' where customer_id = {ANN}", {"lots_expire"}),
    # holds
    Fault("hold-timer-deleted", "loyalty", f"delete from timer where aggregate = {OPEN}::text", {"hold_timers"}),
    Fault("hold-timer-moved", "loyalty",
          f"update timer set due_at = due_at + interval '1 day' where aggregate = {OPEN}::text", {"hold_timers"}),
    Fault("hold-timer-cancelled", "loyalty",
          f"update timer set state = 'cancelled', ended_at = now() where aggregate = {OPEN}::text", {"hold_timers"}),
    Fault("hold-timer-still-pending", "loyalty",
          f"update timer set state = 'pending', ended_at = null where aggregate = {CAPTURED}::text", {"hold_timers"}),
    Fault("hold-timer-fired-without-effect", "loyalty",
          f"update timer set state = 'fired', ended_at = due_at where aggregate = {OPEN}::text", {"hold_timers"}),
    Fault("hold-expired-before-its-end", "loyalty",
          f"update hold set expires_at = expires_at + interval '1 day' where id = {EXPIRED}",
          {"holds_end", "hold_timers"}),
    Fault("hold-expired-instead-of-captured", "loyalty",
          f"update hold set state = 'expired', captured = 0 where id = {CAPTURED}", {"holds_end", "hold_timers"}),
    Fault("hold-captured-for-more", "loyalty", f"update hold set captured = 70 where id = {CAPTURED}", {"holds_end"}),
    Fault("hold-of-more-points", "loyalty", f"update hold set points = 150 where id = {CAPTURED}", {"holds_end"}),
    Fault("hold-without-its-entry", "loyalty",
          f"insert into hold (id, customer_id, points, state, placed_at, expires_at, ended_at, parts) values "
          f"('{AN_ID}', {ANN}, 5, 'released', now(), now(), now(), '[]')", {"holds_end", "hold_timers"}),
    Fault("hold-deleted", "loyalty", f"delete from hold where id = {CAPTURED}", {"holds_end", "hold_timers"}),
    # settlements
    once_more("settlement-granted-twice", A_GRANT, 300, {"settlements_granted", "given_points_have_a_decision"},
              fact_id="gen_random_uuid()"),
    Fault("grant-deleted", "loyalty",
          f"update entry set kind = 'earn', order_id = {AN_ORDER}, fact_id = null where id = {A_GRANT}",
          {"settlements_granted", "entry_causes", "orders_posted", "lots_made", "ledger_announced",
           "given_points_have_a_decision"}),
    Fault("grant-is-not-the-proposal", "complaint", "update proposal set points = 400 where accepted",
          {"settlements_granted", "settlements_waiting", "cases_announced"}),
    Fault("grant-of-another-case", "loyalty", f"update entry set case_id = gen_random_uuid() where id = {A_GRANT}",
          {"settlements_granted", "ledger_announced"}),
    Fault("identified-as-another", "loyalty",
          "update case_owner set customer_id = gen_random_uuid() where customer_id is not null", {"identified_cases"}),
    Fault("waiting-settlement-changed", "loyalty", "update unassigned_settlement set points = 3000",
          {"settlements_waiting"}),
]  # fmt: skip


async def test_a_life_breaks_nothing(lived: LivedSystem) -> None:
    report = await lived.report()
    assert {result.code: result.examples for result in report.results if result.outcome != "holds"} == {}


@each_of(FAULTS)
async def test_a_fault_is_found(lived: LivedSystem, fault: Fault) -> None:
    assert await lived.broken_by(fault) == fault.codes
