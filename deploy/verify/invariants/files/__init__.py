"""Files and imports: a file's parts are all there, in the database and in the store, and an import counts its rows."""

from deploy.verify.invariant import Within
from deploy.verify.stored_bytes import StoredBytes

INVARIANTS = (
    Within(
        "file_parts",
        "a file's parts follow one another from its first byte to the last that was received",
        ("profile",),
        checked="select count(*) from stored_file",
        offending="""
            select f.id, f.received, p.bytes from stored_file f
            left join lateral (
                select sum(size) as bytes, bool_and(starts_at = before) as one_after_another
                from (select size, starts_at, coalesce(sum(size) over (
                          order by starts_at rows between unbounded preceding and 1 preceding), 0) as before
                      from stored_part where file_id = f.id) parts
            ) p on true
            where f.received <> coalesce(p.bytes, 0) or not coalesce(p.one_after_another, true)
        """,
    ),
    Within(
        "imports_counted",
        "an import counts each of its rows, by what became of it",
        ("profile",),
        checked="select count(*) from customer_import where expires_at > now()",
        offending="""
            select i.id, r.outcomes from customer_import i
            left join lateral (
                select count(*) filter (where outcome = 'opened') as opened,
                       count(*) filter (where outcome = 'updated') as updated,
                       count(*) filter (where outcome = 'unchanged') as unchanged,
                       count(*) filter (where outcome = 'skipped') as skipped,
                       count(*) filter (where outcome = 'refused') as refused,
                       string_agg(distinct outcome, ', ') as outcomes
                from import_row where import_id = i.id
            ) r on true
            where i.expires_at > now()
              and (i.opened, i.updated, i.unchanged, i.skipped, i.refused)
                  is distinct from (r.opened, r.updated, r.unchanged, r.skipped, r.refused)
        """,
    ),
    StoredBytes(
        "file_bytes",
        "each part of a file has its bytes in the store, as many as it says, and no bytes are without a part for long",
        ("profile",),
    ),
)
