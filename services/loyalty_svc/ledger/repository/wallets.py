"""Wallets: locked and loaded with as many lots as a decision can need, saved with their entries in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.loyalty_svc.ledger.domain.entries import Entry
from services.loyalty_svc.ledger.domain.lots import Lot
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.tables import entry, lot, posting, spent_lot, wallet
from shared.customers import list_connected
from shared.errors import customer_not_found
from shared.messaging import Transaction
from shared.messaging.ids import new_id
from shared.sql import insert_columns, insert_statement, unnest, update_statement

LOCK = """
select customer_id, available, held, debt, entries, next_expiry from wallet
where customer_id = any($1::uuid[]) order by customer_id for update
"""

# Everything overdue, and of the rest the first to expire until they hold what is needed. It must be a statement after
# the one that locked the wallet: a statement sees nothing that was committed while it waited for a lock.
FIRST_LOTS = f"""
select l.id, l.customer_id, l.entry_id, l.order_id, l.earned_at, l.expires_at, l.points, l.remaining, l.expired
from {unnest("need", customer_id=lot.c.customer_id, points=lot.c.points)}
cross join lateral (
    select *, sum(case when expires_at > $3 then remaining else 0 end) over (order by expires_at, id) as upto
    from lot where customer_id = need.customer_id and open
) l
where l.expires_at <= $3 or l.upto - l.remaining < need.points
"""

LOTS = """
select id, customer_id, entry_id, order_id, earned_at, expires_at, points, remaining, expired
from lot where id = any($1::uuid[]) and customer_id = any($2::uuid[])
"""

OVERDUE = """
select id, customer_id, entry_id, order_id, earned_at, expires_at, points, remaining, expired
from lot where customer_id = any($1::uuid[]) and open and expires_at <= $2
"""

ENTRY = (
    "id", "customer_id", "number", "kind", "points", "available", "held", "debt", "occurred_at", "order_id", "case_id",
    "hold_id", "fact_id", "reverses", "reference", "reason", "actor",
)  # fmt: skip
POSTING = ("entry_id", "account", "customer_id", "points")
NEW_LOT = (
    "id", "customer_id", "entry_id", "order_id", "earned_at", "expires_at", "points", "remaining", "expired",
)  # fmt: skip
CHANGED_LOT = ("id", "remaining", "expired")
SPENT_LOT = ("entry_id", "position", "lot_id", "points")
BALANCES = ("customer_id", "available", "held", "debt", "entries", "next_expiry")

# One statement: an entry's postings are checked to sum to zero at its end. `first`: the number of the first parameter.
SAVE = f"""
with written as ({insert_statement(entry, ENTRY, shared=("recorded_at",))}),
posted as ({insert_statement(posting, POSTING, first=19)}),
new_lots as ({insert_statement(lot, NEW_LOT, first=23)}),
changed_lots as ({update_statement(lot, CHANGED_LOT, key=("id",), first=32)}),
spent as ({insert_statement(spent_lot, SPENT_LOT, first=35)})
{update_statement(wallet, BALANCES, key=("customer_id",), first=39)}
"""


async def lock_customers(tx: Transaction, customer_ids: Iterable[UUID]) -> None:
    """Take the locks of all customers that exist, in the one order everybody takes them in."""
    await tx.raw.execute(LOCK, sorted(customer_ids))


async def lock_connected(tx: Transaction, customer_ids: Iterable[UUID]) -> bool:
    """Where customers were ever merged, lock the wallets of these and of all who are or were one with them (they lend
    and repay each other points). Returns whether there are any such others."""
    ids = set(customer_ids)
    connected = await list_connected(tx, ids)
    if len(connected) > len(ids):
        await lock_customers(tx, connected)
    return len(connected) > len(ids)


async def open_wallets(tx: Transaction, customer_ids: Iterable[UUID]) -> None:
    """A wallet without points for each customer that has none yet; whoever is mentioned first opens it."""
    await insert_columns(tx, wallet, {"customer_id": sorted(set(customer_ids))}, on_conflict="nothing")


async def load_wallets(tx: Transaction, customer_ids: Iterable[UUID]) -> dict[UUID, Wallet]:
    """Lock the wallets (opening those that are missing) and load their balances, no lots."""
    sorted_ids = sorted(set(customer_ids))
    rows = await tx.raw.fetch(LOCK, sorted_ids)
    if len(rows) < len(sorted_ids):
        await open_wallets(tx, sorted_ids)
        rows = await tx.raw.fetch(LOCK, sorted_ids)
    return {row["customer_id"]: _wallet(row) for row in rows}


async def load_wallet(tx: Transaction, customer_id: UUID) -> Wallet:
    """Lock one wallet and load its balances, no lots. 404 `customer_not_found`."""
    rows = await tx.raw.fetch(LOCK, [customer_id])
    if not rows:
        raise customer_not_found(customer_id)
    return _wallet(rows[0])


async def load_first_lots(tx: Transaction, wallets: Mapping[UUID, Wallet], needs: Mapping[UUID, int]) -> None:
    """Load into each wallet what is overdue and the lots that would be used first for so many points."""
    needs = {customer: points for customer, points in needs.items() if points > 0}
    if needs:
        _add_lots(wallets, await tx.raw.fetch(FIRST_LOTS, list(needs), list(needs.values()), tx.at))


async def load_lots(tx: Transaction, wallets: Mapping[UUID, Wallet], lot_ids: Iterable[UUID]) -> None:
    """Load these lots, as far as they are of these wallets."""
    ids = list(lot_ids)
    if ids:
        _add_lots(wallets, await tx.raw.fetch(LOTS, ids, list(wallets)))


async def load_overdue_lots(tx: Transaction, wallets: Mapping[UUID, Wallet], at: datetime) -> None:
    """Load into each wallet the lots with points whose time is over at an instant."""
    _add_lots(wallets, await tx.raw.fetch(OVERDUE, list(wallets), at))


async def save_wallets(tx: Transaction, wallets: Iterable[Wallet]) -> list[Entry]:
    """Write everything the wallets did, in one statement. Returns the entries, for announcing."""
    changed = [w for w in wallets if w.new_entries]
    entries = [e for w in changed for e in w.new_entries]
    if not entries:
        return []
    causes = [e.cause for e in entries]
    postings = [(e.id, account, e.customer_id, points) for e in entries for account, points in e.postings]
    new_lots = [(w.customer_id, new_lot) for w in changed for new_lot in w.new_lots.values()]
    old_lots = [w.lots[lot_id] for w in changed for lot_id in w.changed_lots if lot_id not in w.new_lots]
    spent = [(e.id, position, lot_id, points) for e in entries for position, (lot_id, points) in enumerate(e.spent)]
    await tx.raw.execute(
        SAVE,
        [e.id for e in entries], [e.customer_id for e in entries], [e.number for e in entries],
        [e.kind for e in entries], [e.points for e in entries], [e.available for e in entries],
        [e.held for e in entries], [e.debt for e in entries], [c.occurred_at for c in causes],
        [c.order_id for c in causes], [c.case_id for c in causes], [c.hold_id for c in causes],
        [c.fact_id for c in causes], [c.reverses for c in causes], [c.reference for c in causes],
        [c.reason for c in causes], [c.actor for c in causes], tx.at,
        *_columns(postings, len(POSTING)),
        *_columns([(new.id, customer, new.entry_id, new.order_id, new.earned_at, new.expires_at, new.points,
                    new.remaining, new.expired) for customer, new in new_lots], len(NEW_LOT)),
        *_columns([(old.id, old.remaining, old.expired) for old in old_lots], len(CHANGED_LOT)),
        *_columns(spent, len(SPENT_LOT)),
        *_columns([(w.customer_id, w.available, w.held, w.debt, w.number, w.next_expiry) for w in changed],
                  len(BALANCES)),
    )  # fmt: skip
    return entries


async def list_customers_with_overdue_lots(tx: Transaction, at: datetime, limit: int) -> list[UUID]:
    """Whose points may have to expire; those another transaction has locked are left for the next time."""
    rows = await tx.raw.fetch(
        """select customer_id from wallet where next_expiry <= $1
           order by customer_id limit $2 for update skip locked""",
        at, limit,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]


async def set_next_expiry(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Bring each wallet's `next_expiry` up to date: when its first lot with points expires; null without one."""
    await tx.raw.execute(
        """update wallet w set next_expiry = (
               select min(expires_at) from lot where lot.customer_id = w.customer_id and open)
           where customer_id = any($1::uuid[])""",
        list(customer_ids),
    )  # fmt: skip


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    """Rows turned into one list a column, also where there are none: the statement has all its parameters."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _wallet(row: Record) -> Wallet:
    return Wallet(
        row["customer_id"], new_id=new_id, available=row["available"], held=row["held"], debt=row["debt"],
        entries=row["entries"], next_expiry=row["next_expiry"],
    )  # fmt: skip


def _add_lots(wallets: Mapping[UUID, Wallet], rows: Iterable[Record]) -> None:
    for row in rows:
        lots = wallets[row["customer_id"]].lots
        if row["id"] not in lots:  # what was loaded before may have changed since, in memory
            lots[row["id"]] = Lot(
                row["id"], row["entry_id"], row["order_id"], row["earned_at"], row["expires_at"],
                row["points"], row["remaining"], row["expired"],
            )  # fmt: skip
