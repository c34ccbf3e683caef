"""What of tiering's tables is personal, and what an erasure does with it (P13): read by the job, the export, verify.

Tiering holds figures and codes under ids, and what people wrote for its decisions: reasons, notes, evidence. Those
words are erased; the decision, who took it and when stay, so that every tier can still be worked out from the facts.
"""

from shared.erasure import Apart, PersonalData, Rows, emptied, nulled, without_words
from shared.erasure.declaration import PEOPLE, RULE_SETS, SHARED

OF_CUSTOMER = "t.customer_id = any($1)"
RUN = "a run and its figures, which are about everybody"

PERSONAL_DATA = PersonalData(
    "tiering",
    {
        **SHARED,
        **PEOPLE,
        **RULE_SETS,
        "business": Apart("the currency and the time zone", "time_zone currency"),
        "order_fact": Rows(OF_CUSTOMER, codes="mix"),
        "order_change": Rows(OF_CUSTOMER, codes="kind mix"),
        "indicator_month": Rows(OF_CUSTOMER),
        "receivable_fact": Rows(OF_CUSTOMER),
        "payment_fact": Rows(OF_CUSTOMER),
        "standing": Rows(OF_CUSTOMER, codes="tier kind ladder"),
        "customer_file": Rows(OF_CUSTOMER),
        "tier_history": Rows(OF_CUSTOMER, blank=without_words("reasons"), codes="previous_tier tier kind"),
        "contact_fact": Rows(OF_CUSTOMER, codes="employee_id channel next_step_owner"),
        "case_fact": Rows(OF_CUSTOMER, codes="kind"),
        "case_change": Rows("t.case_id in (select case_id from case_fact where customer_id = any($1))", codes="what"),
        "customer_traits": Rows(
            OF_CUSTOMER,
            codes="kind region industry legal_nature acquisition_source age_band income_band household_size",
        ),
        "group_parent": Rows(OF_CUSTOMER),
        "tier_privilege": Rows(OF_CUSTOMER, blank=emptied("reason ended_because"), codes="kind tier set_by ended_by"),
        "tier_watch": Rows(OF_CUSTOMER),
        "nomination": Rows(
            OF_CUSTOMER,
            blank={**emptied("reason"), **nulled("note override_reason"), **without_words("evidence")},
            codes="class kinds figures findings status nominated_by decided_by",
        ),
        "account_class": Rows(OF_CUSTOMER, blank=nulled("end_reason"), codes="class kinds ended_by end_cause"),
        "risk_flag": Rows(
            OF_CUSTOMER,
            blank=emptied("reason") | nulled("clear_reason"),
            codes="risk source rule evidence raised_by cleared_by clear_cause",
        ),
        "early_warning": Rows(
            OF_CUSTOMER,
            codes="cause severity state owner evidence closed_by closing factors subject_kind dimension subject_code",
        ),
        "warning_change": Rows(
            "t.warning_id in (select warning_id from early_warning where customer_id = any($1))",
            blank=nulled("note"),
            codes="kind by severity code evidence",
        ),
        "customer_stage": Rows(OF_CUSTOMER, codes="stage relationship"),
        "lifetime_value": Rows(OF_CUSTOMER),
        "evaluation_mover": Rows(OF_CUSTOMER, codes="outcome from_tier to_tier graded"),
        "back_test_mover": Rows(OF_CUSTOMER, codes="outcome from_tier to_tier"),
        "missed_deadline": Rows(
            "t.case_id in (select case_id from case_fact where customer_id = any($1))", codes="stage"
        ),
        "spot_check": Rows(OF_CUSTOMER, blank=nulled("note"), codes="about finding recorded_by"),
        "satisfaction_answer": Rows(OF_CUSTOMER, codes="items questions recorded_by"),
        "evaluation_run": Apart(RUN, "simulated_because costs cutoffs population outcomes applied result"),
        "evaluation_head": Apart(RUN, "key"),
        "evaluation_value": Apart(RUN, "after"),
        "evaluation_cell": Apart(RUN, "from_tier to_tier"),
        "back_test": Apart(RUN, "known cutoffs populations costs"),
        "back_test_value": Apart(RUN, "after"),
        "back_test_cell": Apart(RUN, "from_tier to_tier"),
        "warning_run": Apart(RUN, "because rules setting outcomes stages"),
        "likelihood_model": Apart(RUN, "source because document"),
        "warning_back_test": Apart(RUN, "severity measured models reliability"),
        "lifetime_value_run": Apart(RUN, "parameters"),
        "retention_cost": Apart("what was spent on all", "purpose channel recorded_by"),
        "assessment": Apart("the company's own people and centres", "of subject reasons made_by"),
        "submission": Apart("the company's own people and centres", "topic of subject note recorded_by"),
        "scheduled_run": Apart(RUN, "kind refused"),
    },
)
