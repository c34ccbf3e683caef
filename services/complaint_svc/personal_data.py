"""What of complaint's tables is personal, and what an erasure does with it (P13): read by the job, the export, verify.

What people wrote when they filed a case, and how to reach them, is a row of its own and goes as a whole; so do notes.
The case stays, with its steps, instants, deadlines and what was granted: reports and authority still add up.
"""

from shared.erasure import PersonalData, Rows, nulled
from shared.erasure.declaration import PEOPLE, RULE_SETS, SHARED

OF_CASES = "t.case_id in (select id from complaint_case where customer_id = any($1))"

PERSONAL_DATA = PersonalData(
    "complaint",
    {
        **SHARED,
        **PEOPLE,
        **RULE_SETS,
        "case_story": Rows(OF_CASES, delete=True),
        "case_step": Rows(OF_CASES, blank=nulled("note"), codes="name outcome status_before status_after done_by"),
        "settlement_approval": Rows(
            OF_CASES, blank=nulled("text note"), codes="limits_reached requested_by state decided_by"
        ),
        "proposal": Rows(OF_CASES, codes="proposed_by approved_by roles"),
        "deadline": Rows(OF_CASES, codes="stage tier region other_tiers"),
        "escalation": Rows(OF_CASES, codes="escalation_level stage"),
        "complaint_case": Rows(
            "t.customer_id = any($1)",
            blank=nulled("order_id sku"),
            codes="kind severity channel category status tier region escalation_level waiting",
        ),
        "customer": Rows("t.customer_id = any($1)", codes="region"),
        "tier_copy": Rows("t.customer_id = any($1)", codes="tier"),
    },
    mentions="""
        select id::text from unnest($1::uuid[]) as id
        union all select id::text from complaint_case where customer_id = any($1)
    """,
)
