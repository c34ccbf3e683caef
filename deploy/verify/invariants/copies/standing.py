"""What tiering finds of customers beside their tier is what profile's overview shows: classes, risks, stages, answers
(T8, T11, T16)."""

from deploy.verify.invariant import CUT, Between, Rows

INVARIANTS = (
    Between(
        "account_classes_in_overview",
        "the overview shows who is a key account and who is excluded, and since when, as tiering has it",
        Rows(
            "tiering",
            """select class_id as key, customer_id, case class when 'key' then kinds end as kinds,
                      lower(effective) as since
               from account_class where upper_inf(effective)""",
            of_streams=f"""select class_id as key from account_class
                           where customer_id::text = any($1) and recorded_at < {CUT}""",
        ),
        Rows(
            "profile",
            """select c.key::uuid as key, o.customer_id,
                      case when jsonb_typeof(c.value -> 'kinds') = 'array' then array(
                          select k.value from jsonb_array_elements_text(c.value -> 'kinds') with ordinality as k
                          order by k.ordinality) end as kinds,
                      (c.value ->> 'since')::timestamptz as since
               from overview o cross join jsonb_each(o.account_classes) as c""",
        ),
    ),
    Between(
        "risk_flags_in_overview",
        "the overview shows the risk flags that are up, and no others",
        Rows(
            "tiering",
            "select flag_id as key, customer_id, risk, raised_at as since from risk_flag where cleared_at is null",
            of_streams=f"""select flag_id as key from risk_flag
                           where customer_id::text = any($1) and raised_at < {CUT}""",
        ),
        Rows(
            "profile",
            """select f.key::uuid as key, o.customer_id, f.value ->> 'risk' as risk,
                      (f.value ->> 'since')::timestamptz as since
               from overview o cross join jsonb_each(o.risk_flags) as f""",
        ),
    ),
    Between(
        "stages_in_overview",
        "the overview shows the stage and the type of relationship that the last sweep found",
        Rows(
            "tiering",
            "select customer_id as key, stage, since, relationship from customer_stage",
            of_streams=f"""select customer_id as key from customer_stage
                           where customer_id::text = any($1) and since < {CUT}""",
        ),
        Rows(
            "profile",
            """select customer_id as key, life_stage as stage, life_stage_since as since, relationship from overview
               where num_nonnulls(life_stage, life_stage_since, relationship) > 0""",
        ),
    ),
    Between(
        "satisfaction_in_overview",
        "the overview shows the latest questionnaire that each customer answered",
        Rows(
            "tiering",
            """select distinct on (customer_id) customer_id as key, satisfaction as index, answered_at as at
               from satisfaction_answer order by customer_id, answered_at desc, satisfaction desc""",
            of_streams=f"""select customer_id as key from satisfaction_answer
                           where customer_id::text = any($1) and recorded_at < {CUT}""",
        ),
        Rows(
            "profile",
            """select customer_id as key, satisfaction_index as index, satisfaction_at as at from overview
               where num_nonnulls(satisfaction_index, satisfaction_at) > 0""",
        ),
    ),
    Between(
        "withdrawals_in_overview",
        "the overview shows the settlement that was taken back last of each customer, as the ledger has it",
        Rows(
            "loyalty",
            """select distinct on (from_customer) from_customer as key, points, moved_at as at from settlement_move
               where withdrawn_by is not null order by from_customer, moved_at desc, points desc""",
            of_streams=f"""select from_customer as key from settlement_move
                           where from_customer::text = any($1) and moved_at < {CUT}""",
        ),
        Rows(
            "profile",
            """select customer_id as key, settlement_withdrawn_points as points, settlement_withdrawn_at as at
               from overview where num_nonnulls(settlement_withdrawn_points, settlement_withdrawn_at) > 0""",
        ),
    ),
)
