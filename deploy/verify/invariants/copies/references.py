"""Who exists, and whose they are: references, known customers and the sources that may see them, in every service."""

from deploy.verify.included import Every, Included, the_same
from deploy.verify.invariant import CUT, ERASED, Rows, Within

OF_SOURCES = "select customer_id || ' ' || source as key, customer_id from"
REGISTERED = Rows(
    "gateway",
    f"""{OF_SOURCES} customer_reference
        where registered_at is not null and customer_id not in {ERASED} group by customer_id, source""",
)
OFFERED_TOO = Rows("gateway", f"{OF_SOURCES} customer_reference group by customer_id, source")

FILES = Rows("profile", f"select id as key from customer where id not in {ERASED}")
KNOWN = (
    Rows("gateway", f"select customer_id as key from known_customer where customer_id not in {ERASED}"),
    Rows("tiering", f"select customer_id as key from standing where customer_id not in {ERASED}"),
    Rows("complaint", f"select customer_id as key from customer where customer_id not in {ERASED}"),
    Rows("loyalty", f"select customer_id as key from wallet where customer_id not in {ERASED}"),
)


def sources_in(service: str) -> Rows:
    return Rows(service, f"{OF_SOURCES} customer_source where customer_id not in {ERASED}")


SOURCES_AGREE = "a partner sees a customer, in every service, exactly where its source has a reference of it"

INVARIANTS = (
    Within(
        "references_announced",
        "every reference was announced when it was registered, with its customer and its source",
        ("gateway",),
        checked="select count(*) from customer_reference",
        offending=f"""
            with registered as (
                select customer_id, source, registered_at, count(*) as times
                from (select customer_id, source, registered_at from customer_reference
                      union all select customer_id, source, registered_at from reference_removal) as every
                where registered_at is not null group by 1, 2, 3
            ), announced as (
                select (p ->> 'customer_id')::uuid as customer_id, p ->> 'source' as source,
                       (p ->> 'registered_at')::timestamptz as registered_at, count(*) as times
                from (select payload::jsonb as p from outbox
                      where type = 'intake.customer_reference_registered.v1') as events
                group by 1, 2, 3
            )
            select customer_id, source, registered_at, r.times as registered, a.times as announced
            from registered r full join announced a using (customer_id, source, registered_at)
            where customer_id not in {ERASED} and r.times is distinct from a.times
              and (a.times is not null or registered_at >= {CUT})
        """,
    ),
    Within(
        "references_have_owners",
        "the customer of every reference is known, and the source of every report is the company's or a partner's",
        ("gateway",),
        checked="select count(*) from customer_reference",
        offending="""
            with named as (
                select source from customer_reference union select source from customer_order
                union select source from receivable
            )
            select null::uuid as customer_id, source, 'no partner of this source' as fault from named
            where source like 'partner:%'
              and not exists (select from partner where source = 'partner:' || partner.id)
            union all
            select r.customer_id, r.source, 'the customer is not known' from customer_reference r
            where r.registered_at is not null
              and not exists (select from known_customer k where k.customer_id = r.customer_id)
        """,
    ),
    the_same(
        "customers_agree",
        "the customers that a service knows are those who have a file",
        *((FILES, known) for known in KNOWN),
    ),
    Every(
        "sources_agree",
        SOURCES_AGREE,
        [
            *(
                Included("sources_agree", SOURCES_AGREE, REGISTERED, sources_in(service))
                for service in ("profile", "tiering", "complaint", "loyalty")
            ),
            *(
                Included("sources_agree", SOURCES_AGREE, sources_in(service), OFFERED_TOO)
                for service in ("profile", "tiering", "complaint", "loyalty")
            ),
        ],
    ),
    Within(
        "partner_keys",
        "every key is a digest of 32 bytes, of a partner, revoked after it was made if at all",
        ("gateway",),
        checked="select count(*) from partner_key",
        offending="""
            select k.id, k.partner_id, k.created_at, k.revoked_at from partner_key k
            left join partner p on p.id = k.partner_id
            where p.id is null or octet_length(k.digest) <> 32 or k.revoked_at < k.created_at
               or k.created_at < p.created_at
        """,
    ),
)
