"""A small sound system: one customer, whose facts every service knows, for tests that break them one by one."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from services.tiering_svc.policies.repository import load_rules
from services.tiering_svc.tiers.repository.lives import fold_again, save_lives
from shared.events import ComplaintAcknowledged, ComplaintClosed, ComplaintFiled, ComplaintJudged, PointsPosted
from shared.messaging import Transaction
from tests.tier_tails import row_changed
from tests.tiering_svc.shorthand import bands_document

if TYPE_CHECKING:
    from tests.verify.conftest import Five

CUSTOMER = UUID("0192f000-0000-7000-8000-0000000000c1")
ORDER = UUID("0192f000-0000-7000-8000-0000000000a1")
RETURN = UUID("0192f000-0000-7000-8000-0000000000b1")
EVENT = UUID("0192f000-0000-7000-8000-0000000000e1")
ENTRY = UUID("0192f000-0000-7000-8000-0000000000d1")
TAKEN = UUID("0192f000-0000-7000-8000-0000000000d2")
CHANGE = UUID("0192f000-0000-7000-8000-0000000000f1")
OLD_CHANGE = UUID("0192f000-0000-7000-8000-0000000000f0")
CASE = UUID("0192f000-0000-7000-8000-0000000000aa")
RECEIVABLE = UUID("0192f000-0000-7000-8000-0000000000ab")
PAYMENT = UUID("0192f000-0000-7000-8000-0000000000ac")
CLOSED = UUID("0192f000-0000-7000-8000-0000000000bb")
CONTACT = UUID("0192f000-0000-7000-8000-0000000000cc")
PARENT = UUID("0192f000-0000-7000-8000-0000000000c2")
POLICY = UUID("0198c5a0-0000-7000-8000-000000000001")  # the one that ships, with levels of the tests
OVERRIDE = UUID("0192f000-0000-7000-8000-0000000000ad")
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)

PROGRAMME = '{"base_rate": "1", "tiers": {}, "categories": {}, "bonuses": {}, "lifetime_months": 24}'
POLICY_DOCUMENT = json.dumps(bands_document(("silver", "50"), ("gold", "500"), lowest="lead"))

# One customer: an order of 100.00, 40.00 of it came back; lead by a person's word until then, silver since; 60 points;
# 50.00 owed of 80.00; a case.
SOUND = {
    "gateway": f"""
        insert into customer_order (id, source, order_ref, customer_id, placed_at, currency, channel, amount, lines,
                                    fingerprint, event_id, recorded_at)
        values ('{ORDER}', 'demo', '1', '{CUSTOMER}', '{AT}', 'USD', 'store', 100,
                '[{{"line":1,"category":"GROCERY","amount":"70.00","quantity":2}},
                  {{"line":2,"category":"DELI","amount":"30.00","quantity":1}}]', '', '{EVENT}', now());
        insert into reversal (id, kind, source, ref, order_id, customer_id, at, amount, lines, fingerprint, event_id,
                               recorded_at)
        values ('{RETURN}', 'return', 'demo', 'r1', '{ORDER}', '{CUSTOMER}', '{AT}', 40,
                '[{{"line":1,"category":"GROCERY","amount":"40.00","quantity":1}}]', '', '{RETURN}', now());
        insert into receivable (id, source, ref, customer_id, amount, issued_on, due_on, fingerprint, event_id,
                                recorded_at)
        values ('{RECEIVABLE}', 'demo', 'i1', '{CUSTOMER}', 80, '2026-03-02', '2026-04-01', '', '{RECEIVABLE}', now());
        insert into payment (id, source, ref, receivable_id, customer_id, amount, outstanding, paid_at,
                             fingerprint, event_id, recorded_at)
        values ('{PAYMENT}', 'demo', 'p1', '{RECEIVABLE}', '{CUSTOMER}', 30, 50, '{AT}', '', '{PAYMENT}', now());
    """,
    "tiering": f"""
        insert into order_fact (customer_id, placed_at, order_id, month, amount, margin, quantity, returned_amount,
                                returned_margin, returned_quantity, recorded_at)
        values ('{CUSTOMER}', '{AT}', '{ORDER}', '2026-03-01', 100, 20, 3, 40, 8, 1, now());
        insert into order_change (customer_id, at, change_id, order_id, kind, month, amount, margin, quantity,
                                  recorded_at)
        values ('{CUSTOMER}', '{AT}', '{RETURN}', '{ORDER}', 'return', '2026-03-01', 40, 8, 1, now());
        insert into indicator_month (customer_id, month, orders, amount, margin, margin_known_amount, largest_order,
                                     first_order_at, last_order_at, returned_amount, returned_count, recorded_at)
        values ('{CUSTOMER}', '2026-03-01', 1, 60, 12, 60, 60, '{AT}', '{AT}', 40, 1, now());
        insert into receivable_fact values ('{RECEIVABLE}', '{CUSTOMER}', 80, '2026-03-02', '2026-04-01', now());
        insert into payment_fact values ('{PAYMENT}', '{RECEIVABLE}', '{CUSTOMER}', 30, '{AT}', '2026-03-01', now());
        insert into contact_fact (entry_id, customer_id, employee_id, channel, contacted_at, next_step_on,
                                  next_step_owner, recorded_at)
        values ('{CONTACT}', '{CUSTOMER}', 'am-1', 'call', '{AT}', '2026-03-09', 'am-1', now());
        insert into case_fact (case_id, customer_id, customer_recorded_at, kind, filed_at, filed_recorded_at)
        values ('{CASE}', '{CUSTOMER}', now(), 'complaint', '{AT}', now()),
                                     ('{CLOSED}', '{CUSTOMER}', now(), 'praise', '{AT}', now());
        insert into case_change values ('{CLOSED}', '{AT}', 'closed', 5, now());
        insert into customer_traits (customer_id, seq, changed_at, recorded_at, kind, region, employees, completeness)
        values ('{PARENT}', 1, '{AT}', now(), 'organisation', null, null, 20),
               ('{PARENT}', 2, '{AT}', now(), 'organisation', 'north', 500, 40);
        insert into group_parent values ('{CUSTOMER}', '2026-03-01T00:00Z', '{PARENT}', now()),
                                        ('{CUSTOMER}', '{AT}', null, now());
        -- a version is never changed: here as if another one had shipped
        update rule_set_version set document = '{POLICY_DOCUMENT}',
               fingerprint = md5(coalesce(name::text, '') || '{POLICY_DOCUMENT}'::jsonb::text) where id = '{POLICY}';
        insert into standing (customer_id) values ('{CUSTOMER}');
        insert into tier_privilege (privilege_id, customer_id, kind, tier, starts_at, until, reason, set_by, set_at,
                                    ended_at, ended_because, policy_id, policy_version)
        values ('{OVERRIDE}', '{CUSTOMER}', 'override', 'lead', '2026-03-01T00:00Z', '{AT}', 'why', 'ann',
                '2026-03-01T00:00Z', '{AT}', 'over', '{POLICY}', 1);
    """,
    "loyalty": f"""
        update rule_set_version set document = '{PROGRAMME}', fingerprint = md5('{PROGRAMME}'::jsonb::text)
        where kind = 'programme';
        insert into order_points (order_id, customer_id, placed_at, recorded_at, programme, lines, posted, lots,
                                  reversed_by)
        values ('{ORDER}', '{CUSTOMER}', '{AT}', now(), 1,
                '[[1, "GROCERY", "70.00", 2, "40.00", 1], [2, "DELI", "30.00", 1]]', 60,
                array['{ENTRY}']::uuid[], array['{RETURN}']::uuid[]);
        insert into wallet (customer_id, available, held, debt, entries, next_expiry)
        values ('{CUSTOMER}', 60, 0, 0, 2, '2028-03-02T10:00Z');
        insert into entry (id, customer_id, number, kind, points, available, held, debt, occurred_at, recorded_at,
                           order_id, fact_id)
        values ('{ENTRY}', '{CUSTOMER}', 1, 'earn', 100, 100, 0, 0, '{AT}', now(), '{ORDER}', null),
               ('{TAKEN}', '{CUSTOMER}', 2, 'reverse', -40, 60, 0, 0, '{AT}', now(), '{ORDER}', '{RETURN}');
        insert into posting (entry_id, account, customer_id, points)
        values ('{ENTRY}', 'available', '{CUSTOMER}', 100), ('{ENTRY}', 'issued', '{CUSTOMER}', -100),
               ('{TAKEN}', 'available', '{CUSTOMER}', -40), ('{TAKEN}', 'issued', '{CUSTOMER}', 40);
        insert into lot (id, customer_id, entry_id, order_id, earned_at, expires_at, points, remaining)
        values ('{ENTRY}', '{CUSTOMER}', '{ENTRY}', '{ORDER}', '{AT}', '2028-03-02T10:00Z', 100, 60);
        insert into tier_copy values ('{CUSTOMER}', '2026-03-01T00:00Z', 'lead'), ('{CUSTOMER}', '{AT}', 'silver');
    """,
    "complaint": f"""
        insert into customer values ('{CUSTOMER}', now());
        insert into customer values ('{PARENT}', now(), 'north');
        insert into tier_copy values ('{CUSTOMER}', '2026-03-01T00:00Z', 'lead', 0),
                                     ('{CUSTOMER}', '{AT}', 'silver', 1);
        insert into complaint_case (id, customer_id, kind, severity, channel, category, status, round, escalation_level,
                                    tier, waiting, filed_at, recorded_at, last_step_at, step_count, version)
        values ('{CASE}', '{CUSTOMER}', 'complaint', 'low', 'call', 'price', 'judged_valid', 1, 'agent', 'silver',
                'customer', '{AT}', now(), '{AT}', 4, 1);
        insert into complaint_case (id, customer_id, kind, severity, channel, category, status, round, escalation_level,
                                    tier, filed_at, closed_at, recorded_at, last_step_at, step_count, version)
        values ('{CLOSED}', '{CUSTOMER}', 'praise', 'low', 'call', 'price', 'closed', 1, 'agent', 'silver', '{AT}',
                '{AT}', now(), '{AT}', 4, 1);
        insert into case_step (case_id, number, round, name, outcome, status_before, status_after, at, recorded_at,
                               done_by)
        values ('{CLOSED}', 1, 1, 'filing', null, null, 'received', '{AT}', now(), 'ann'),
               ('{CLOSED}', 2, 1, 'acknowledgement', null, 'received', 'acknowledged', '{AT}', now(), 'ann'),
               ('{CLOSED}', 3, 1, 'judgement', 'invalid', 'acknowledged', 'judged_invalid', '{AT}', now(), 'ann'),
               ('{CLOSED}', 4, 1, 'follow-up', 'closed', 'judged_invalid', 'closed', '{AT}', now(), 'ann');
        insert into case_step (case_id, number, round, name, outcome, status_before, status_after, at, recorded_at,
                               done_by)
        values ('{CASE}', 1, 1, 'filing', null, null, 'received', '{AT}', now(), 'ann'),
               ('{CASE}', 2, 1, 'acknowledgement', null, 'received', 'acknowledged', '{AT}', now(), 'ann'),
               ('{CASE}', 3, 1, 'pause', null, 'acknowledged', 'acknowledged', '{AT}', now(), 'ann'),
               ('{CASE}', 4, 1, 'judgement', 'valid', 'acknowledged', 'judged_valid', '{AT}', now(), 'ann');
        insert into deadline (case_id, round, stage, tier, allowance, started_at, remaining, warn_at, due_at, met_at,
                              deadline_rules_version, calendar_rules_version, generation)
        values ('{CASE}', 1, 'acknowledgement', 'silver', '6 hours', '{AT}', '6 hours', '2026-03-02T14:48Z',
                '2026-03-02T16:00Z', '{AT}', 1, 1, 1),
               ('{CASE}', 1, 'proposal', 'silver', '24 hours', '{AT}', '24 hours', '2026-03-04T13:12Z',
                '2026-03-05T10:00Z', null, 1, 1, 1),
               ('{CASE}', 1, 'solution', 'silver', '60 hours', '{AT}', '60 hours', '2026-03-10T10:00Z',
                '2026-03-11T14:00Z', null, 1, 1, 1),
               ('{CLOSED}', 1, 'acknowledgement', 'silver', '24 hours', '{AT}', '24 hours', '2026-03-04T13:12Z',
                '2026-03-05T10:00Z', '{AT}', 1, 1, 1);
    """,
    "profile": f"""
        insert into customer (id, kind, facts, completeness, version, registered_at, updated_at)
        values ('{CUSTOMER}', 'unknown', '{{}}', 0, 1, now(), now());
        insert into customer (id, kind, facts, completeness, version, registered_at, updated_at)
        values ('{PARENT}', 'organisation', '{{"region": "north", "employees": 500}}', 40, 2, now(), now());
        insert into employee (employee_id, name, recorded_at) values ('am-1', 'Josephine', now());
        insert into contact_log (id, customer_id, contacted_at, channel, employee_id, summary, next_step, next_step_on,
                                 next_step_owner, recorded_at, recorded_by)
        values ('{CONTACT}', '{CUSTOMER}', '{AT}', 'call', 'am-1', 'Hello', 'Write', '2026-03-09', 'am-1', now(), 'x');
        insert into group_membership values ('{CUSTOMER}', '{PARENT}', '2026-03-01T00:00Z', '{AT}');
        insert into team_assignment (id, customer_id, employee_id, role, assigned_at)
        values ('{CHANGE}', '{CUSTOMER}', 'am-1', 'account_manager', now());
        insert into overview (customer_id, tier, tier_rank, tier_since, tier_kind, orders_count, returns_count,
                              revenue_total, revenue_returned, points_balance, open_cases, outstanding_amount,
                              account_manager, updated_at, first_order_at, last_order_at, last_order_id,
                              last_return_at, last_case_at, oldest_due_on)
        values ('{CUSTOMER}', 'silver', 1, '{AT}', 'upgrade', 1, 1, 100, 40, 60, 1, 50, 'am-1', now(), '{AT}', '{AT}',
                '{ORDER}', '{AT}', '{AT}', '2026-04-01');
        insert into case_copy (case_id, customer_id, filed_at, opened_at, closed_at)
        values ('{CASE}', '{CUSTOMER}', '{AT}', '{AT}', null), ('{CLOSED}', '{CUSTOMER}', '{AT}', '{AT}', '{AT}');
        insert into receivable_copy (receivable_id, customer_id, outstanding, due_on)
        values ('{RECEIVABLE}', '{CUSTOMER}', 50, '2026-04-01');
    """,
}


async def build(five: "Five") -> None:
    for service, sql in SOUND.items():
        await five.run(service, sql)
    await five.tiering.run(fold)
    for change, previous, tier, rank, kind, since in (
        (OLD_CHANGE, None, "lead", 0, "override", datetime(2026, 3, 1, tzinfo=UTC)),
        (CHANGE, "lead", "silver", 1, "upgrade", AT),
    ):
        await five.announce(
            row_changed(CUSTOMER, change, tier, rank, since, AT, previous_tier=previous, kind=kind, policy_id=POLICY)
        )
    for entry, kind, points, balance in ((ENTRY, "earn", 100, 100), (TAKEN, "reverse", -40, 60)):
        await five.announce(
            PointsPosted(
                customer_id=CUSTOMER, entry_id=entry, kind=kind, points=points, balance=balance, held=0, debt=0,
                order_id=ORDER, posted_at=AT,
            )
        )  # fmt: skip
    for case, kind, valid in ((CASE, "complaint", True), (CLOSED, "praise", False)):
        fields = {"subject_id": CUSTOMER, "case_id": case, "customer_id": CUSTOMER}
        filed = {"kind": kind, "severity": "low", "channel": "call", "category": "price", "tier": "silver"}
        await five.announce(ComplaintFiled.model_validate({**fields, **filed, "filed_at": AT}))
        await five.announce(ComplaintAcknowledged.model_validate({**fields, "acknowledged_at": AT}))
        await five.announce(ComplaintJudged.model_validate({**fields, "valid": valid, "judged_at": AT}))
    await five.announce(ComplaintClosed.model_validate({**fields, "closed_at": AT}))


async def fold(tx: Transaction) -> None:
    """Write the customer's tiers as its facts give them."""
    rules = replace(await load_rules(tx), new_id=iter((OLD_CHANGE, CHANGE)).__next__)
    known_from = {CUSTOMER: tx.at}
    await save_lives(tx, await fold_again(tx, known_from, rules), known_from, rules)
