"""The access trail: sealed in a chain that still fits its lines, and with a line for whoever opened a file (P13)."""

from deploy.verify.invariant import Within

UNSEALED_MINUTES = 15

INVARIANTS = (
    Within(
        "access_trail",
        "the access trail fits its chain of seals, nothing waits long for one, and every file that somebody opened is "
        "in it",
        ("profile",),
        checked="select count(*) from file_access",
        offending=f"""
            with seals as (
                select *, lag(number, 1, 0::bigint) over w as number_before,
                       lag(last_id, 1, 0::bigint) over w as after_id, lag(digest, 1, ''::bytea) over w as digest_before
                from file_access_seal window w as (order by number)
            ), recomputed as (
                select s.number, count(a.id) as lines, sha256(s.digest_before || convert_to(coalesce(string_agg(
                    jsonb_build_array(a.id, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), a.actor,
                                      a.customer_id, a.action)::text, e'\\n' order by a.id), ''), 'UTF8')) as digest
                from seals s left join file_access a on a.id > s.after_id and a.id <= s.last_id
                group by s.number, s.digest_before
            )
            select s.number::text as seal, s.lines, r.lines as lines_there, 'its lines are other than sealed' as fault
            from seals s join recomputed r using (number)
            where s.number <> s.number_before + 1 or s.lines <> r.lines or s.digest <> r.digest
            union all
            select null, count(*), null, 'not sealed for {UNSEALED_MINUTES} minutes' from file_access
            where at < now() - interval '{UNSEALED_MINUTES} minutes'
              and id > (select coalesce(max(last_id), 0) from file_access_seal) having count(*) > 0
            union all
            select c.id::text, null, null, 'somebody opened or changed this file, and no line says so' from customer c
            where c.kind <> 'unknown' and not exists (
                select from file_access a where a.customer_id = c.id and a.action in ('opened', 'changed'))
        """,
    ),
)
