"""SQL of who stands for whom after merges (P12), for statements over everybody: parts that hold only where somebody was
merged, so that elsewhere nothing is looked up."""

from shared.messaging import Transaction


async def has_merges(tx: Transaction) -> bool:
    """Whether any customer was ever merged."""
    any_merge: bool = await tx.raw.fetchval("select exists (select from customer_merge)")
    return any_merge


def in_force(merge: str, as_of: str | None = None, known_at: str | None = None) -> str:
    """A condition on a row of `customer_merge`: that it was made by an instant (SQL; None: at any time), and not undone
    as far as is known at another (None: now)."""
    made = "true" if as_of is None else f"{merge}.merged_at <= {as_of}::timestamptz"
    if known_at is None:
        return f"({made} and {merge}.unmerged_at is null)"
    known = f"coalesce({known_at}::timestamptz, 'infinity')"
    return (
        f"({made} and {merge}.recorded_at <= {known} "
        f"and ({merge}.unmerged_at is null or {merge}.unmerged_at > {known}))"
    )  # fmt: skip


def is_absorbed(customer: str, as_of: str | None = None, known_at: str | None = None) -> str:
    """A condition: somebody else stands for the customer."""
    return f"{customer} in (select g.absorbed_id from customer_merge g where {in_force('g', as_of, known_at)})"


def is_merged(customer: str) -> str:
    """A condition: the customer is one with another one, or was once."""
    return (
        f"{customer} in (select g.root_id from customer_merge g union all select g.absorbed_id from customer_merge g)"
    )


def root_of(customer: str, known_at: str | None = None) -> str:
    """Who stands for the customer, itself where nobody else does."""
    return f"""case when exists (select from customer_merge) then coalesce((
    with recursive above (root_id, depth) as (
        select g.root_id, 1 from customer_merge g where g.absorbed_id = {customer} and {in_force("g", None, known_at)}
        union
        select g.root_id, a.depth + 1 from above a join customer_merge g on g.absorbed_id = a.root_id
        where a.depth < 64 and {in_force("g", None, known_at)}
    )
    select root_id from above order by depth desc limit 1), {customer}) else {customer} end"""
