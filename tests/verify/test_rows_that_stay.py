"""Rows that must not change are kept from changing by the database: which columns may, and that no other can."""

import asyncpg
import pytest

from tests import harness
from tests.verify.conftest import Five
from tests.verify.planted import LivedSystem

# By service and table, the columns that services update; everything else of a row stays, and no row goes. What an
# erasure alone may change is `erase:<column>`, and only to nothing.
MAY_CHANGE: dict[tuple[str, str], set[str]] = {
    **{(service, "outbox"): set() for service in harness.SERVICES},
    ("loyalty", "entry"): {"erase:reference", "erase:reason"},
    ("loyalty", "posting"): set(),
    ("loyalty", "lot"): {"expires_at", "remaining", "open", "expired"},
    ("loyalty", "lot_extension"): {"erase:reason"},
    ("loyalty", "spent_lot"): {"reversed"},
    ("loyalty", "borrowing"): {"returned", "outstanding"},
    ("loyalty", "settlement_move"): set(),
    ("loyalty", "hold"): {"state", "captured", "ended_at", "reference"},  # which may only be erased
    ("loyalty", "order_points"): {"lines", "posted", "lots", "reversed_by"},
    ("loyalty", "adjustment"): {"state", "decided_by", "decided_at", "entry_id", "erase:reason"},
    ("loyalty", "unassigned_settlement"): set(),
    ("loyalty", "wallet"): {"available", "held", "debt", "entries", "next_expiry"},
    ("complaint", "complaint_case"): {
        "customer_id", "severity", "status", "round", "tier", "region", "escalation_level", "waiting", "satisfaction",
        "proposal_id", "last_step_at", "step_count", "order_id", "sku",
        "closed_at", "replayed_until", "next_due_at", "version",
    },
    ("complaint", "proposal"): {"answered_at", "accepted"},
    ("complaint", "escalation"): set(),
    ("profile", "message_request"): {"state", "reason", "state_at"},
    ("profile", "message_report"): set(),
}  # fmt: skip
OF_TABLE = """
select t.tgname as name, t.tgattr::smallint[] as columns, t.tgnargs as arguments,
       string_to_array(encode(t.tgargs, 'escape'), '\\000') as allowed
from pg_trigger t join pg_proc p on p.oid = t.tgfoid
where t.tgrelid = $1::text::regclass and p.proname = 'refuse_change' and t.tgqual is null and not t.tgisinternal
  and t.tgtype & 8 > 0 and t.tgtype & 16 > 0  -- before update or delete
"""
COLUMNS = """
select attnum as number, attname as name from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
"""


@pytest.mark.parametrize(("service", "table"), MAY_CHANGE, ids=[f"{s}.{t}" for s, t in MAY_CHANGE])
async def test_all_columns_stay_but_those_that_services_update(five: Five, service: str, table: str) -> None:
    """A new column stays too, until it is named here."""
    connection = five.connections[service]
    columns = {row["number"]: row["name"] for row in await connection.fetch(COLUMNS, table)}
    [trigger] = await connection.fetch(OF_TABLE, table)
    if trigger["columns"]:
        free = {name for number, name in columns.items() if number not in trigger["columns"]}
    else:
        free = {name for name in trigger["allowed"] if name}
    assert free == MAY_CHANGE[service, table]


REFUSED = [
    ("loyalty", "update lot set expires_at = expires_at - interval '1 day'"),
    ("loyalty", "update lot set points = points + 1"),
    ("loyalty", "delete from lot"),
    ("loyalty", "update order_points set programme = 3"),
    ("loyalty", "delete from order_points"),
    ("loyalty", "update hold set state = 'open', captured = 0, ended_at = null where state = 'captured'"),
    ("loyalty", "update hold set points = 1"),
    ("loyalty", "update adjustment set points = 1"),
    ("loyalty", "update adjustment set decided_by = 'x' where state = 'posted'"),
    ("loyalty", "update case_owner set customer_id = gen_random_uuid() where customer_id is not null"),
    ("loyalty", "delete from unassigned_settlement"),
    ("loyalty", "delete from wallet"),
    ("loyalty", "delete from rule_set_version"),
    ("loyalty", "update outbox set payload = '{}'"),
    ("loyalty", "delete from outbox"),
    ("complaint", "update complaint_case set filed_at = now()"),
    ("complaint", "delete from complaint_case"),
    ("complaint", "update case_story set what_happened = 'x'"),
    ("complaint", "update case_story set digest = 'x'"),
    ("complaint", "update proposal set points = 1"),
    ("complaint", "update proposal set accepted = false, answered_at = now() where accepted"),
    ("complaint", "update deadline set started_at = now()"),
    ("complaint", "update deadline set met_at = now() where met_at is not null"),
    ("complaint", "delete from deadline"),
    ("complaint", "update escalation set at = now()"),
    ("complaint", "update outbox set type = 'x'"),
]


@pytest.mark.parametrize(("service", "change"), REFUSED, ids=[change for _, change in REFUSED])
async def test_a_change_is_refused(lived: LivedSystem, service: str, change: str) -> None:
    connection = lived.connections[service]
    async with connection.transaction():
        await connection.execute("set local session_replication_role = origin")
        with pytest.raises(asyncpg.CheckViolationError, match="stays as it was written"):
            await connection.execute(change)
