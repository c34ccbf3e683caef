"""A system in which tiering's own handlers recorded lives, and the others' databases say the same of them.

Histories can be put into it that the facts do not give, in every place alike: only what works them out anew can tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID, uuid4

from services.tiering_svc.tiers.domain.history_change import HistoryChange, StoredHistory
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import TierChange
from services.tiering_svc.tiers.domain.tier_life import Watch
from services.tiering_svc.tiers.repository import history, standings
from shared.messaging import Transaction
from tests.tier_tails import tail_changed
from tests.tiering_svc.tiers.recorded_life import RecordedLife
from tests.verify.conftest import SUBSCRIBED, Five

# What tiering has recorded, in the words of the services it came from and of those it went to.
ORDERS = "select order_id, customer_id, placed_at, amount from order_fact"
REVERSALS = "select change_id, kind, order_id, customer_id, at, amount from order_change"
TIERS = "select customer_id, lower(effective) as since, tier, rank from tier_history where superseded_at is null"
OVERVIEW = """
select s.customer_id, s.tier, s.rank, s.since, s.kind, coalesce(o.orders, 0), coalesce(o.amount, 0),
       coalesce(r.returns, 0), coalesce(r.amount, 0), o.first_at, o.last_at, o.last_id, r.last_at
from standing s
left join (
    select customer_id, count(*)::int as orders, sum(amount) as amount, min(placed_at) as first_at,
           max(placed_at) as last_at, (array_agg(order_id order by placed_at desc, order_id desc))[1] as last_id
    from order_fact group by 1
) o using (customer_id)
left join (
    select customer_id, count(*)::int as returns, sum(amount) as amount, max(at) as last_at from order_change group by 1
) r using (customer_id)
"""
INTO: Sequence[tuple[str, str, str]] = (
    (
        ORDERS, "gateway",
        """insert into customer_order (id, source, order_ref, customer_id, placed_at, currency, channel, amount, lines,
                                       fingerprint, event_id, recorded_at)
           values ($1::uuid, 'demo', $1::uuid::text, $2, $3, 'USD', 'store', $4,
                   '[{"line":1,"category":"X","quantity":1,"amount":"' || $4::numeric || '"}]', '', $1::uuid, now())""",
    ),
    (
        ORDERS, "loyalty",
        """insert into order_points (order_id, customer_id, placed_at, recorded_at, programme, lines, posted, lots,
                                     reversed_by)
           values ($1, $2, $3, now(), 1, jsonb_build_array(jsonb_build_array(1, 'X', $4::numeric::text, 1)), 0, '{}',
                   '{}')""",
    ),
    (
        REVERSALS, "gateway",
        """insert into reversal (id, kind, source, ref, order_id, customer_id, at, amount, lines, fingerprint, event_id,
                                 recorded_at)
           values ($1::uuid, $2, 'demo', $1::uuid::text, $3, $4, $5, $6, '[]', '', $1::uuid, now())""",
    ),
    (
        "select order_id, change_id from order_change", "loyalty",
        "update order_points set reversed_by = reversed_by || $2::uuid where order_id = $1",
    ),
    ("select distinct customer_id from standing", "complaint", "insert into customer values ($1, now())"),
    (TIERS, "complaint", "insert into tier_copy values ($1, $2, $3, $4)"),
    (
        "select customer_id, lower(effective), tier from tier_history where superseded_at is null", "loyalty",
        "insert into tier_copy values ($1, $2, $3)",
    ),
    (
        OVERVIEW, "profile",
        """insert into overview (customer_id, tier, tier_rank, tier_since, tier_kind, orders_count, revenue_total,
                                 returns_count, revenue_returned, first_order_at, last_order_at, last_order_id,
                                 last_return_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now())""",
    ),
)  # fmt: skip
FORGET = {
    "gateway": "delete from reversal; delete from customer_order",
    # an order earns nothing here: what it earns is nothing to tiers
    "loyalty": """update rule_set_version set document = document || '{"base_rate": "0"}',
                      fingerprint = md5((document || '{"base_rate": "0"}')::text) where kind = 'programme';
                  delete from order_points; delete from tier_copy""",
    "complaint": "delete from tier_copy; delete from customer",
    "profile": "delete from overview",
}


@dataclass
class RecordedSystem:
    """Five databases, and the lives that were recorded in tiering's."""

    five: Five
    life: RecordedLife

    async def broken(self) -> set[str]:
        """The codes of what does not hold, once everybody has heard what tiering recorded."""
        await self._mirror()
        return await self.five.broken()

    async def kept(self, customer: UUID) -> StoredHistory:
        """The history that tiering has in force."""

        async def load(tx: Transaction) -> StoredHistory:
            rows = await history.list_rows_in_force(tx, [customer])
            watches = await history.list_watches_in_force(tx, [customer])
            standing = await standings.find_standing(tx, customer)
            return StoredHistory(standing or Standing(customer), rows[customer], watches[customer])

        return await self.five.tiering.run(load)

    async def put(
        self, customer: UUID, rows: Sequence[TierChange] | None = None, watches: Sequence[Watch] | None = None,
        **standing: object,
    ) -> None:  # fmt: skip
        """Keep this instead, in all services, as another program would have decided it: the rows, the watches, and
        fields of the standing (which stands in the last of the rows)."""
        before = await self.kept(customer)
        put = [replace(row, row_id=uuid4()) for row in (before.rows if rows is None else rows)]
        last = put[-1]
        where = {"tier": last.tier, "rank": last.rank, "since": last.effective_from, "kind": last.kind}
        after = before.standing._replace(**{**where, "row_id": last.row_id, **standing})  # type: ignore[arg-type]
        change = HistoryChange(
            before, after, put, 0, before.watches if watches is None else watches, 0, self.life.now
        )  # fmt: skip

        async def save(tx: Transaction) -> None:
            await standings.save_standings(tx, [(after, self.life.now)])
            await history.replace_tails(tx, [change])

        await self.five.tiering.run(save)
        assert all(row.effective_from < following.effective_from for row, following in pairwise(put))
        await self._mirror()
        tail = tail_changed(customer, *(row.period() for row in put), decided_at=self.life.now)
        changed_from = min(before.rows[0].effective_from, put[0].effective_from)
        await self.five.announce(tail.model_copy(update={"changed_from": changed_from}))

    async def put_back(self, earlier: StoredHistory, **standing: object) -> None:
        """As a program would keep it that took no notice of what was recorded since."""
        fields = {**earlier.standing._asdict(), **standing}
        for name in ("customer_id", "row_id"):
            del fields[name]
        await self.put(earlier.standing.customer_id, earlier.rows, earlier.watches, **fields)

    async def _mirror(self) -> None:
        for service, sql in FORGET.items():
            await self.five.run(service, sql)
        tiering = self.five.connections["tiering"]
        for source, service, sql in INTO:
            for row in await tiering.fetch(source):
                await self.five.run(service, sql, *row)
        await tiering.execute("delete from stream_seen; delete from outbox_unsent")
        for topic, key, seq, event_id in await tiering.fetch("select topic, key, seq, last_event_id from stream_head"):
            for service, connection in self.five.connections.items():
                if topic in SUBSCRIBED[service]:
                    await connection.execute(
                        """insert into stream_seen (topic, key, epoch, last_seq, last_event_id)
                           values ($1, $2, null, $3, $4)
                           on conflict (topic, key) do update set last_seq = $3, last_event_id = $4""",
                        topic, key, seq, event_id,
                    )  # fmt: skip


def since(rows: Sequence[TierChange], at: datetime) -> TierChange:
    """The row that begins at an instant."""
    return next(row for row in rows if row.effective_from == at)
