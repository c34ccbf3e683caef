"""Faults of what the gateway, profile and tiering keep, planted one at a time into a system that has lived."""

from deploy.verify.invariants.copies.files import TRAITS
from deploy.verify.invariants.copies.overview import COLUMNS
from shared.events import CustomerTraitsChanged
from tests.verify.planted import Fault, LivedSystem, each_of

ANN = "(select customer_id from team_assignment where released_at is not null limit 1)"
ANNS = "(select customer_id from customer_reference where ref = '12125550123')"
FIRM = "(select id from customer where facts ->> 'industry' = 'retail')"
ONE = "(select min({0}) from {1})"


def erased(of: str) -> str:
    """The first customer that has a reference is said to be erased; nothing of it was."""
    return (
        "insert into erased_customer (customer_id, erasure_id, requested_at, recorded_at, erased_at) "
        f"select customer_id, '01900000-0000-7000-8000-0000000000e2', now(), now(), now() from {of} "
        "order by customer_id limit 1"
    )


RAISED = "(select customer_id from overview where open_warnings <> '{}' limit 1)"


def announced_of(service: str, type_: str) -> str:
    return f"(select event_id from outbox where type = '{service}.{type_}.v1' order by position limit 1)"


FAULTS = [
    # who is one with whom
    Fault("merge-lost-in-loyalty", "loyalty", "delete from customer_merge where unmerged_at is null", {"merges_agree"}),
    Fault("merge-of-another-in-tiering", "tiering", "update customer_merge set root_id = gen_random_uuid() "
          "where unmerged_at is null", {"merges_agree"}),
    Fault("undoing-unheard-in-complaint", "complaint", "update customer_merge set unmerged_at = null",
          {"merges_agree"}),
    Fault("merge-invented-in-the-gateway", "gateway", "insert into customer_merge values (gen_random_uuid(), "
          "gen_random_uuid(), gen_random_uuid(), now(), null, now())", {"merges_agree"}),
    Fault("merge-undone-and-not-announced", "profile", "update customer_merge set unmerged_at = now()",
          {"merges_agree", "merges_announced", "merged_customers"}),
    Fault("merge-undone-after-a-later-one", "profile",
          "update customer_merge set merged_at = now() - interval '1 day', "
          "unmerged_at = now() where unmerged_at is not null",
          {"merges_agree", "merges_announced", "merges_nested"}),
    Fault("merge-decided-by-nobody", "profile", "delete from merge_decision", {"merges_announced"}),
    Fault("root-forgotten", "profile", "update customer set root_id = null", {"merged_customers"}),
    Fault("root-invented", "profile", "update customer set root_id = id where root_id is null", {"merged_customers"}),
    Fault("merged-person-and-organisation", "profile", "update customer set kind = 'person' where root_id <> id",
          {"merged_customers"}),
    # references, who is known, who may see whom
    Fault("reference-re-pointed", "gateway",
          "update customer_reference set customer_id = (select customer_id from customer_reference where ref = 'ben') "
          "where ref = '12125550123'", {"references_announced", "sources_agree"}),
    Fault("references-exchanged", "gateway",
          "update customer_reference r set customer_id = o.customer_id from customer_reference o "
          "where (r.ref, o.ref) in (('ann-there', 'ben-there'), ('ben-there', 'ann-there'))", {"references_announced"}),
    Fault("reference-deleted", "gateway", "delete from customer_reference where ref = 'ann-there'",
          {"references_announced", "sources_agree"}),
    Fault("reference-taken-back-to-an-offer", "gateway",
          "update customer_reference set registered_at = null where ref = 'ben'", {"references_announced"}),
    Fault("reference-invented", "gateway",
          f"insert into customer_reference values ('patron', 'somebody', {ANNS}, now())",
          {"references_announced", "sources_agree"}),
    Fault("known-customers-emptied-in-the-gateway", "gateway", "delete from known_customer",
          {"customers_agree", "references_have_owners"}),
    Fault("known-customer-invented-in-the-gateway", "gateway",
          "insert into known_customer values (gen_random_uuid(), now())", {"customers_agree"}),
    Fault("known-customers-emptied-in-complaint", "complaint", "delete from customer", {"customers_agree"}),
    Fault("known-customers-emptied-in-tiering", "tiering",
          "delete from standing where tier is null", {"customers_agree"}),
    Fault("known-customer-lost-in-loyalty", "loyalty", "delete from wallet where entries = 0", {"customers_agree"}),
    *(Fault(f"partner-sources-emptied-in-{service}", service, "delete from customer_source", {"sources_agree"})
      for service in ("profile", "tiering", "complaint", "loyalty")),
    *(Fault(f"partner-source-invented-in-{service}", service,
            f"insert into customer_source (customer_id, source{more}) values (gen_random_uuid(), 'patron'{value})",
            {"sources_agree"})
      for service, more, value in (("profile", ", recorded_at", ", now()"), ("tiering", "", ""), ("complaint", "", ""),
                                   ("loyalty", "", ""))),
    Fault("partner-deleted", "gateway", "delete from partner", {"references_have_owners", "partner_keys"}),
    Fault("partner-key-cut-short", "gateway", "update partner_key set digest = substr(digest, 1, 16)",
          {"partner_keys"}),
    Fault("partner-key-revoked-before-it-was-made", "gateway",
          "update partner_key set revoked_at = created_at - interval '1 day' where revoked_at is not null",
          {"partner_keys"}),
    # orders, what came back, deliveries, money
    Fault("order-lines-emptied", "gateway", "update customer_order set lines = '[]'",
          {"orders_announced", "order_lines_in_indicators"}),
    Fault("order-line-of-another-article", "gateway",
          """update customer_order set lines = replace(lines, '"sku":"sku-1"', '"sku":"sku-9"')""",
          {"orders_announced"}),
    Fault("order-line-of-another-category", "gateway",
          """update customer_order set lines = replace(lines, '"category":"coffee"', '"category":"tea"')""",
          {"orders_announced", "order_lines_in_indicators"}),
    Fault("order-of-another-channel", "gateway", "update customer_order set channel = 'store'", {"orders_announced"}),
    Fault("order-deleted", "gateway",
          "delete from customer_order where id = (select min(id::text)::uuid from customer_order)",
          {"orders_announced", "orders_in_indicators", "orders_in_ledger", "overview_orders"}),
    Fault("order-event-of-another-amount", "gateway",
          "update outbox set payload = replace(payload, '\"amount\":\"40.00\"', '\"amount\":\"41.00\"') "
          "where type = 'intake.order_placed.v1'", {"orders_announced"}),
    Fault("return-of-more-pieces", "gateway",
          "update reversal set lines = jsonb_set(lines, '{0,quantity}', '9') where kind = 'return'",
          {"reversals_announced", "returned_lines_in_indicators"}),
    Fault("return-of-another-amount", "gateway", "update reversal set amount = amount + 1 where kind = 'return'",
          {"reversals_announced", "overview_returns", "returns_in_indicators"}),
    Fault("cancellation-deleted", "gateway", "delete from reversal where kind = 'cancellation'",
          {"reversals_announced", "overview_returns", "returns_in_indicators", "returns_in_ledger"}),
    Fault("delivery-deleted", "gateway", "delete from delivery where delivered_at < now() - interval '100 days'",
          {"deliveries_announced"}),
    Fault("last-delivery-deleted", "gateway", "delete from delivery where delivered_at > now() - interval '100 days'",
          {"deliveries_announced", "overview_deliveries"}),
    Fault("delivery-moved", "gateway", "update delivery set delivered_at = delivered_at + interval '1 day'",
          {"deliveries_announced", "overview_deliveries"}),
    Fault("delivery-of-other-lines", "gateway", """update delivery set lines = '[{"line": 1, "quantity": 1}]'""",
          {"deliveries_announced"}),
    Fault("receivable-altered", "gateway", "update receivable set amount = amount + 1 where amount = 600",
          {"money_announced", "receivables_in_indicators", "overview_owed", "receivables_in_profile"}),
    Fault("receivable-due-later", "gateway", "update receivable set due_on = due_on + 30",
          {"money_announced", "receivables_in_indicators", "overview_owed", "receivables_in_profile"}),
    Fault("payment-deleted", "gateway", "delete from payment where amount = 49.90",
          {"money_announced", "payments_in_indicators", "overview_owed", "receivables_in_profile"}),
    Fault("outstanding-altered", "gateway", "update payment set outstanding = outstanding - 1 where amount = 49.90",
          {"money_announced"}),
    # files and what they are found by
    Fault("file-deleted", "profile", f"delete from customer where id = {FIRM}", {"files_announced", "customers_agree"}),
    Fault("search-name-missing", "profile", "delete from customer_name where position = 1", {"files_found"}),
    Fault("search-name-stale", "profile", "update customer_name set folded = 'anna' where position = 1",
          {"files_found"}),
    Fault("search-words-emptied", "profile", "update customer_name set tokens = ''", {"files_found"}),
    Fault("search-phone-missing", "profile", "delete from customer_phone where e164 like '+86%'", {"files_found"}),
    Fault("search-phone-of-another-customer", "profile",
          f"update customer_phone set customer_id = {FIRM} where e164 like '+86%'", {"files_found"}),
    Fault("search-email-missing", "profile", "delete from customer_email", {"files_found"}),
    Fault("completeness-altered", "profile", "update customer set completeness = completeness + 1",
          {"files_found", "traits_in_indicators"}),
    Fault("file-altered-in-place", "profile",
          """update customer set facts = jsonb_set(facts, '{region}', '"CN-11"') where facts ? 'region'""",
          {"traits_in_indicators"}),
    Fault("trait-of-the-past-altered", "tiering",
          "update customer_traits set income_band = '100-200' where income_band is not null", {"traits_announced"}),
    Fault("file-opened-at-another-time", "tiering", "update customer_file set opened_at = opened_at - interval '1 day'",
          {"files_in_indicators"}),
    # teams, employees, contacts, groups
    Fault("team-assignment-deleted", "profile", "delete from team_assignment where role = 'service_engineer'",
          {"team_announced", "teams_agree"}),
    Fault("team-assignment-of-another-employee", "profile",
          "update team_assignment set employee_id = 'am-3' where employee_id = 'am-2'",
          {"team_announced", "teams_agree", "overview_managers"}),
    Fault("team-member-prolonged", "tiering",
          "update account_team set released_at = null where role = 'service_engineer'", {"teams_agree"}),
    Fault("team-lost-in-loyalty", "loyalty", "delete from account_team", {"teams_agree"}),
    Fault("unit-invented-in-the-gateway", "gateway", "insert into unit_copy values ('nowhere', null, false)",
          {"directory_agrees"}),
    Fault("deputy-of-another-in-complaint", "complaint",
          "insert into employee_copy (employee_id, unit) values ('E-planted', 'nowhere')", {"directory_agrees"}),
    Fault("team-members-emptied", "tiering", "delete from account_team", {"teams_agree"}),
    Fault("employee-at-another-centre", "profile", "update employee set centre = 'west' where employee_id = 'am-1'",
          {"employees_agree"}),
    Fault("centre-of-the-past-altered", "tiering", "update employee_centre set centre = 'west' where centre = 'north'",
          {"employees_announced"}),
    Fault("absence-forgotten", "tiering", "delete from employee_absence where absent_from is not null",
          {"employees_announced", "employees_agree"}),
    Fault("unit-below-itself", "profile", "update unit set parent = 'harbour' where code = 'north'",
          {"people_hold", "people_announced"}),
    Fault("unit-moved", "profile", "update unit set parent = 'group' where code = 'harbour'", {"people_announced"}),
    Fault("account-of-one-who-left", "profile", "update employee set left_at = now() where employee_id = 'am-1'",
          {"people_hold", "people_announced", "sign_ins_agree"}),
    Fault("subject-of-another-employee", "profile", "update employee set subject = 'x' where employee_id = 'am-1'",
          {"people_announced", "sign_ins_agree"}),
    Fault("skill-invented", "profile", "update employee set skills = '{x}' where employee_id = 'am-2'",
          {"people_announced"}),
    Fault("who-left-signs-in-again", "gateway", "update employee_copy set left_at = null",
          {"sign_ins_agree", "directory_agrees"}),
    Fault("signs-in-with-another-subject", "gateway", "update employee_sign_in set subject_digest = 'x'",
          {"sign_ins_agree"}),
    Fault("sign-ins-emptied", "gateway", "delete from employee_sign_in", {"sign_ins_agree"}),
    Fault("contact-of-another-employee", "tiering",
          "update contact_fact set employee_id = 'am-2' where channel = 'visit'", {"contacts_in_indicators"}),
    Fault("group-place-moved", "profile", "update group_membership set since = since - interval '1 day'",
          {"groups_in_indicators"}),
    Fault("group-place-not-ended", "profile", "update group_membership set until = null where until is not null",
          {"groups_in_indicators"}),
    # the access trail
    Fault("access-trail-line-altered", "profile", "update access_trail set actor = 'person:somebody' where id = 2",
          {"access_trail"}),
    Fault("access-trail-line-deleted", "profile", "delete from access_trail where id = 3", {"access_trail"}),
    Fault("access-trail-seal-altered", "profile", "update access_trail_seal set digest = sha256(digest)",
          {"access_trail"}),
    Fault("access-trail-emptied", "profile", "delete from access_trail_seal; delete from access_trail",
          {"access_trail_tail", "files_opened_in_the_trail"}),
    Fault("access-trail-tail-cut", "profile",
          "delete from access_trail where id > 3; delete from access_trail_seal", {"access_trail_tail"}),
    Fault("access-trail-not-sealed", "profile",
          "delete from access_trail_seal; update access_trail set at = at - interval '1 hour'",
          {"access_trail", "access_trail_tail"}),
    # indicators and tiers
    Fault("margin-altered", "tiering",
          "update order_fact set margin = margin + 7 where margin is not null",
          {"order_lines_in_indicators", "indicator_months"}),
    Fault("margin-altered-everywhere", "tiering",
          "update order_fact set margin = margin + 7 where margin is not null; "
          "update indicator_month m set margin = f.margin from (select customer_id, month, "
          "sum(margin - returned_margin) as margin from order_fact where returned_quantity < quantity group by 1, 2) f "
          "where f.customer_id = m.customer_id and f.month = m.month", {"order_lines_in_indicators"}),
    Fault("product-mix-altered", "tiering", "update order_fact set mix = replace(mix, 'coffee', 'cocoa')",
          {"order_lines_in_indicators"}),
    Fault("pieces-returned-altered", "tiering", "update order_change set mix = replace(mix, 'coffee', 'cocoa')",
          {"returned_lines_in_indicators"}),
    Fault("order-in-another-month", "tiering",
          "update order_fact set month = month - interval '1 month'", {"months_of_facts", "indicator_months"}),
    Fault("payment-in-another-month", "tiering", "update payment_fact set month = month - interval '1 month'",
          {"months_of_facts"}),
    Fault("cut-offs-of-a-review-altered", "tiering",
          """update evaluation_run set cutoffs = jsonb_set(cutoffs, '{0,from}', '"1.00"') where cutoffs is not null""",
          {"tier_lives"}),
    Fault("bands-changed-in-place", "tiering",
          """update rule_set_version set document = jsonb_set(document, '{bands,0,from}', '"1.00"')
             where kind = 'tier-policies' and document ? 'bands'""", {"tier_grades"}),
    Fault("key-account-of-other-kinds", "tiering", "update account_class set kinds = '{economic}'",
          {"account_classes", "account_classes_in_overview"}),
    Fault("key-account-without-an-approval", "tiering", "update nomination set status = 'open', decided_by = null, "
          "decided_at = null", {"account_classes"}),
    Fault("key-account-since-another-day", "tiering",
          "update account_class set effective = tstzrange(lower(effective) - interval '1 day', null)",
          {"account_classes_announced", "account_classes_in_overview"}),
    Fault("risk-flag-up-since-another-day", "tiering",
          "update risk_flag set raised_at = raised_at - interval '1 day' where cleared_at is null",
          {"risk_flags_in_overview"}),
    Fault("stage-found-again", "tiering", "update customer_stage set since = since - interval '1 day'",
          {"stages_in_overview"}),
    Fault("stage-forgotten", "profile",
          "update overview set life_stage = null, life_stage_since = null, relationship = null",
          {"stages_in_overview"}),
    Fault("answer-invented", "tiering",
          "insert into satisfaction_answer (answer_id, customer_id, index_version, answered_at, month, items, "
          "expectation, experience, satisfaction, recorded_by, recorded_at) select gen_random_uuid(), customer_id, 1, "
          "now(), now()::date, '[]', 80, 90, 10, 'x', now() from customer_stage limit 1",
          {"satisfaction_in_overview"}),
    Fault("warning-milder-than-announced", "tiering",
          "update early_warning set severity = case severity when 'red' then 'yellow' else 'red' end",
          {"warning_figures", "warnings_in_overview"}),
    Fault("warning-of-another-loss", "tiering",
          "update early_warning set expected_loss = expected_loss + 1000 where expected_loss is not null",
          {"warning_figures"}),
    Fault("missed-deadline-forgotten", "tiering", "delete from missed_deadline", {"missed_deadlines_agree"}),
    Fault("job-stuck", "tiering",
          "update job set status = 'running', finished_at = null, worker_until = now() - interval '2 hours', "
          "requested_at = now() - interval '1 day'",
          {"jobs_move"}),
    # the backbone
    Fault("replies-kept-too-long", "gateway",
          "insert into idempotency values ('\\x01', '\\x02', '/v1/orders', 202, '{}', '', now() - interval '9 days')",
          {"replies_are_forgotten"}),
    Fault("epoch-lost", "gateway", "delete from stream_epoch", {"one_epoch"}),
    Fault("cluster-forgotten-twice", "tiering", "insert into stream_hole values ('patron.intake', 'k', 1, "
          "gen_random_uuid(), 'intake.order_placed.v1', 'unreadable', now(), 'ann')", {"holes"}),
    Fault("payload-altered", "profile",
          "update outbox set payload = replace(payload, 'person', 'unknown') "
          "where type = 'profile.customer_traits_changed.v1'", {"traits_announced"}),
    # erasure: what was written again, what was never told
    Fault("erased-customer-with-a-file", "profile", erased("customer_source"), {"nothing_left"},
          {service: erased("customer_source") for service in ("tiering", "complaint", "loyalty")}
          | {"gateway": erased("customer_reference")}),
    Fault("erasure-ended-without-receipts", "profile",
          "with person as (insert into erased_customer (customer_id, erasure_id, person_id, requested_at, recorded_at) "
          "values (gen_random_uuid(), '01900000-0000-7000-8000-0000000000e1', gen_random_uuid(), now(), now())) "
          "insert into erasure (id, reason, requested_by, requested_at, finished_at) "
          "values ('01900000-0000-7000-8000-0000000000e1', 'asked', 'person:x', now(), now())", {"erasure_receipts"}),
]  # fmt: skip

# Each column of the overview: something else in it, whatever is there.
OTHERWISE = {
    "timestamptz": "coalesce({0}, now()) + interval '1 day'", "date": "coalesce({0}, now()::date) + 1",
    "text": "coalesce({0}, '') || 'x'", "uuid": "gen_random_uuid()", "jsonb": "'{{}}'",
}  # fmt: skip


def otherwise(column: str, type_: str) -> str:
    return OTHERWISE.get(type_, "coalesce({0}, 0) + 1").format(column)


async def test_what_the_services_made_is_sound(customers: LivedSystem):
    assert await customers.broken() == set()


@each_of(FAULTS)
async def test_a_fault_is_found(customers: LivedSystem, fault: Fault):
    assert await customers.broken_by(fault, only=fault.codes) == fault.codes


async def test_every_column_of_the_overview_is_recomputed(customers: LivedSystem):
    """Whatever is altered in it, the invariant that the table of columns names says so."""
    columns = await customers.connections["profile"].fetch(
        """select column_name as name, case udt_name when 'int4' then 'int' else udt_name end as type
           from information_schema.columns where table_schema = 'public' and table_name = 'overview'"""
    )
    types = {column["name"]: column["type"] for column in columns}
    assert types.keys() - {"customer_id"} == COLUMNS.keys()
    for column, code in COLUMNS.items():
        where = f"where {column} <> '{{}}'" if types[column] == "jsonb" else ""
        changed = f"update overview set {column} = {otherwise(column, types[column])} {where}"
        fault = Fault(column, "profile", changed, {code})
        assert await customers.broken_by(fault, only={code}) == {code}, column


TIER_EVERYWHERE = Fault(
    "tier-wrong-everywhere", "tiering",
    """
    update tier_history set tier = 'gold', rank = 2 where superseded_at is null and upper_inf(effective);
    update standing set tier = 'gold', rank = 2 where tier is not null;
    update outbox set payload = jsonb_set(jsonb_set(jsonb_set(jsonb_set(payload::jsonb, '{tier}', '"gold"'),
        '{rank}', '2'), '{periods,-1,tier}', '"gold"'), '{periods,-1,rank}', '2')::text
    where type = 'tiering.tier_changed.v1'
    """,
    {"tier_lives"},
    also={
        "loyalty": "update tier_copy set tier = 'gold'",
        "complaint": "update tier_copy set tier = 'gold', rank = 2",
        "profile": "update overview set tier = 'gold', tier_rank = 2 where tier is not null",
    },
)  # fmt: skip


async def test_a_tier_that_is_wrong_everywhere_alike_is_found(customers: LivedSystem):
    """Every copy says the same; only the facts say something else."""
    assert await customers.broken_by(TIER_EVERYWHERE, only={"tier_lives", "tiers_in_overview"}) == {"tier_lives"}


def test_every_trait_that_is_announced_is_compared():
    fields = CustomerTraitsChanged.model_fields.keys() - {"customer_id", "changed_at"}
    assert fields == TRAITS.keys()
