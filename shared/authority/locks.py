"""Who reads sums of what was given holds them until the end of the transaction: two at once never both pass a limit."""

from collections.abc import Iterable

from shared.messaging import Transaction


async def lock_sums(tx: Transaction, counted: Iterable[tuple[str, str]]) -> None:
    """Lock sums, each named by what is counted and of whom: ("day", "ann"), ("customer", "0190…").

    Taken in one order everywhere, after the locks of the rows that change. Sums are read by a statement of its own
    afterwards: one that waited still sees the rows as they were before the wait.
    """
    names = sorted(f"given/{count}/{key}" for count, key in counted)
    for name in names:
        await tx.raw.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", name)
