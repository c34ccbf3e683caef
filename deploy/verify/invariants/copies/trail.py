"""The access trails: sealed in a chain that still fits its lines, and with a line for whoever opened a file (P13)."""

from deploy.verify.invariant import Within
from shared.chassis.audit.trail import BROKEN_SEALS

UNSEALED_MINUTES = 15
ALL = ("gateway", "profile", "tiering", "complaint", "loyalty")

INVARIANTS = (
    Within(
        "access_trail",
        "each access trail fits its chain of seals, and nothing waits long for one",
        ALL,
        checked="select count(*) from access_trail",
        offending=f"""
            select number::text as seal, lines, lines_there, 'its lines are other than sealed' as fault
            from ({BROKEN_SEALS}) broken
            union all
            select null, count(*), null, 'not sealed for {UNSEALED_MINUTES} minutes' from access_trail
            where at < now() - interval '{UNSEALED_MINUTES} minutes'
              and id > (select coalesce(max(last_id), 0) from access_trail_seal) having count(*) > 0
        """,
    ),
    Within(
        "access_trail_tail",
        "every seal of an access trail that was announced is still there as it was",
        ALL,
        checked="select count(*) from outbox where type like '%.access_trail_sealed.v1'",
        offending="""
            select e.fields ->> 'number' as seal, e.fields ->> 'digest' as announced, encode(s.digest, 'hex') as there
            from (select outbox.payload::jsonb as fields from outbox where type like '%.access_trail_sealed.v1') e
            left join access_trail_seal s on s.number = (e.fields ->> 'number')::bigint
            where encode(s.digest, 'hex') is distinct from e.fields ->> 'digest'
               or s.last_id <> (e.fields ->> 'last_line')::bigint
        """,
    ),
    Within(
        "files_opened_in_the_trail",
        "for every file that somebody opened there is a line of the access trail",
        ("profile",),
        checked="select count(*) from customer where kind <> 'unknown'",
        offending="""
            select c.id::text as customer, 'somebody opened or changed this file, and no line says so' as fault
            from customer c
            where c.kind <> 'unknown' and not exists (
                select from access_trail a where a.customer_id = c.id and a.action in ('opened', 'changed'))
        """,
    ),
)
