"""Files: announced, found by what they say, and their traits the same wherever customers are graded by them."""

from deploy.verify import file_rows
from deploy.verify.included import Included
from deploy.verify.invariant import CUT, Between, Rows, Within
from deploy.verify.recomputed import Recomputed

TRAITS = {
    "kind": "text", "region": "text", "industry": "text", "legal_nature": "text", "acquisition_source": "text",
    "listed": "boolean", "employees": "bigint", "registered_capital": "numeric", "annual_sales": "numeric",
    "founded_year": "int", "age_band": "text", "income_band": "text", "household_size": "text", "completeness": "int",
    "age_band_since": "int",
}  # fmt: skip
"""Every trait that is announced, with its type in a database. (A test compares this with the event.)"""

INVARIANTS = (
    Within(
        "files_announced",
        "every file was announced when it was opened, and no file that is not there was",
        ("profile",),
        checked="select count(*) from customer",
        offending=f"""
            with announced as (
                select (p ->> 'customer_id')::uuid as id, min((p ->> 'registered_at')::timestamptz) as registered_at
                from (select payload::jsonb as p from outbox where type = 'profile.customer_registered.v1') as events
                group by 1
            )
            select id, c.kind, c.registered_at, a.registered_at as announced
            from customer c full join announced a using (id)
            where c.id is null or (a.id is null and c.registered_at >= {CUT}) or a.registered_at <> c.registered_at
               or c.updated_at < c.registered_at
        """,
    ),
    Recomputed(
        "files_found",
        "names, telephone numbers, e-mail addresses and completeness are kept for search as the file gives them",
        "profile",
        file_rows.FILES,
        file_rows.begin,
    ),
    Between(
        "files_in_indicators",
        "since when a customer has a file is the same where shares of customers are counted",
        Rows("profile", "select id as key, registered_at as opened_at from customer"),
        Rows("tiering", "select customer_id as key, opened_at from customer_file"),
    ),
    Included(
        "traits_announced",
        "every change of a file's traits is kept beside the earlier ones, with all that was announced of it",
        Rows(
            "profile",
            f"""select key || ' ' || seq as key, (p ->> 'customer_id')::uuid as customer_id,
                       (p ->> 'changed_at')::timestamptz as changed_at,
                       {", ".join(f"(p ->> '{name}')::{type_} as {name}" for name, type_ in TRAITS.items())}
                from (select key, seq, payload::jsonb as p from outbox
                      where type = 'profile.customer_traits_changed.v1') as events""",
        ),
        Rows(
            "tiering",
            f"""select customer_id || ' ' || seq as key, customer_id, changed_at, {", ".join(TRAITS)}
                from customer_traits""",
        ),
    ),
)
