"""What of the gateway's tables is personal, and what an erasure does with it (P13): for the job, the export, verify.

A reference names a person (a telecom's is a telephone number), and so may an order's number or an article's: references
are deleted, numbers give way to the row's own id. Amounts, instants and classes of goods stay: the books add up.
"""

from shared.erasure import Apart, PersonalData, Rows
from shared.erasure.declaration import PEOPLE, SHARED

OF_CUSTOMER = "t.customer_id = any($1)"
OF_ORDERS = "t.order_id in (select id from customer_order where customer_id = any($1))"
OF_RECEIVABLES = "t.receivable_id in (select id from receivable where customer_id = any($1))"
ID = "t.id::text"
NO_DIGEST = r"'\x'::bytea"  # a digest of a number could be guessed back

PERSONAL_DATA = PersonalData(
    "gateway",
    {
        **SHARED,
        **PEOPLE,
        "customer_reference": Rows(OF_CUSTOMER, delete=True),
        "known_customer": Rows(OF_CUSTOMER, delete=True),
        "reference_removal": Rows(OF_CUSTOMER, codes="source"),
        "customer_order": Rows(
            OF_CUSTOMER,
            blank={
                "order_ref": ID,
                "lines": """regexp_replace(t.lines, '"sku":"[^"]*"', '"sku":"withheld"', 'g')""",
                "fingerprint": NO_DIGEST,
            },
            codes="source currency channel",
        ),
        "reversal": Rows(OF_ORDERS, blank={"ref": ID, "fingerprint": NO_DIGEST}, codes="kind source reason lines"),
        "delivery": Rows(OF_ORDERS, blank={"ref": ID, "fingerprint": NO_DIGEST}, codes="source lines"),
        "payment": Rows(OF_RECEIVABLES, blank={"ref": ID, "fingerprint": NO_DIGEST}, codes="source"),
        "receivable": Rows(OF_CUSTOMER, blank={"ref": ID, "fingerprint": NO_DIGEST}, codes="source"),
        "employee_sign_in": Apart(
            "the company's own people: ids, and digests of sign-ins", "employee_id subject_digest"
        ),
        "partner": Apart("channels, which are companies", "code name"),
        "partner_key": Apart("digests of keys", "digest"),
        "revoked_token": Apart("digests of tokens", "name"),
    },
    mentions="""
        select id::text from unnest($1::uuid[]) as id
        union all select id::text from customer_order
        where customer_id = any($1) and recorded_at > now() - interval '3 days'
        union all select id::text from receivable
        where customer_id = any($1) and recorded_at > now() - interval '3 days'
    """,
)
