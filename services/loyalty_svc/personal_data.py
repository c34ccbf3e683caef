"""What of loyalty's tables is personal, and what an erasure does with it (P13): read by the job, the export, verify.

The ledger is immutable but for two columns of words, the reason and the reference of who redeemed: every posting, lot
and balance stays, so the sum over all accounts is still zero.
"""

from shared.erasure import Apart, PersonalData, Rows, emptied, nulled
from shared.erasure.declaration import PEOPLE, RULE_SETS, SHARED

OF_CUSTOMER = "t.customer_id = any($1)"

PERSONAL_DATA = PersonalData(
    "loyalty",
    {
        **SHARED,
        **PEOPLE,
        **RULE_SETS,
        "wallet": Rows(OF_CUSTOMER),
        "entry": Rows(OF_CUSTOMER, blank=nulled("reference reason"), codes="kind actor"),
        "posting": Rows(OF_CUSTOMER, codes="account"),
        "lot": Rows(OF_CUSTOMER),
        "spent_lot": Rows("t.entry_id in (select id from entry where customer_id = any($1))"),
        "borrowing": Rows("t.lender_id = any($1) or t.borrower_id = any($1)"),
        "hold": Rows(OF_CUSTOMER, blank=nulled("reference"), codes="state parts"),
        "order_points": Rows(OF_CUSTOMER, codes="lines"),
        "tier_copy": Rows(OF_CUSTOMER, codes="tier"),
        "case_owner": Rows(OF_CUSTOMER),
        "settlement_move": Rows("t.from_customer = any($1) or t.to_customer = any($1)"),
        "unassigned_settlement": Apart("points of cases that are nobody's yet, by ids"),
        "adjustment": Rows(
            "t.customer_id = any($1) or t.to_customer = any($1)",
            blank=emptied("reason"),
            codes="state requested_by decided_by kind limits_reached",
        ),
        "lot_extension": Rows(OF_CUSTOMER, blank=emptied("reason"), codes="actor"),
    },
    mentions="""
        select id::text from unnest($1::uuid[]) as id
        union all select id::text from hold where customer_id = any($1)
        union all select id::text from adjustment where customer_id = any($1) or to_customer = any($1)
        union all select id::text from entry
        where customer_id = any($1) and recorded_at > now() - interval '3 days'
    """,
)
