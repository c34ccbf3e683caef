-- Tiering's first tables. Statements end in a semicolon and an empty line.

create extension if not exists btree_gist;

create table business (
    only_one int primary key check (only_one = 1),
    time_zone text not null,
    currency text not null
);

create table order_fact (
    customer_id uuid not null,
    placed_at timestamptz not null,
    order_id uuid not null,
    month date not null,
    amount numeric(24, 4) not null,
    margin numeric(24, 4),
    quantity bigint not null check (quantity > 0),
    returned_amount numeric(24, 4) not null default 0,
    returned_margin numeric(24, 4) default 0,
    returned_quantity bigint not null default 0,
    recorded_at timestamptz not null,
    mix text,
    primary key (customer_id, placed_at, order_id)
) with (fillfactor = 95);

create table order_change (
    customer_id uuid not null,
    at timestamptz not null,
    change_id uuid not null,
    order_id uuid not null,
    kind text not null check (kind in ('return', 'cancellation')),
    month date not null,
    amount numeric(24, 4) not null,
    margin numeric(24, 4),
    quantity bigint not null,
    recorded_at timestamptz not null,
    mix text,
    primary key (customer_id, at, change_id)
);

create table indicator_month (
    customer_id uuid not null,
    month date not null,
    orders int not null default 0 check (orders >= 0),
    amount numeric(24, 4) not null default 0,
    margin numeric(24, 4),
    margin_known_amount numeric(24, 4) not null default 0,
    largest_order numeric(24, 4),
    first_order_at timestamptz,
    last_order_at timestamptz,
    returned_amount numeric(24, 4) not null default 0,
    returned_count int not null default 0,
    recorded_at timestamptz not null,
    primary key (customer_id, month)
) with (fillfactor = 80);

create table receivable_fact (
    receivable_id uuid primary key,
    customer_id uuid not null,
    amount numeric(24, 4) not null,
    issued_on date not null,
    due_on date not null,
    recorded_at timestamptz not null
);

create index receivable_of_customer on receivable_fact (customer_id, issued_on);

create table payment_fact (
    payment_id uuid primary key,
    receivable_id uuid not null,
    customer_id uuid not null,
    amount numeric(24, 4) not null,
    paid_at timestamptz not null,
    month date not null,
    recorded_at timestamptz not null
);

create index payment_of_customer on payment_fact (customer_id, month);

create table evaluation_run (
    run_id uuid primary key references job,
    as_of timestamptz not null,
    known_at timestamptz,
    apply boolean not null,
    simulated_because text,
    policy_id uuid not null,
    policy_version int not null,
    policy_requested boolean not null default false,
    costs jsonb,
    cutoffs jsonb,
    population jsonb,
    outcomes jsonb not null default '{}',
    applied jsonb not null default '{}',
    result text check (result in ('applied', 'simulated')),
    decided_at timestamptz,
    applying_since timestamptz,
    foreign key (policy_id, policy_version) references rule_set_version,
    check ((result is null) = (decided_at is null))
);

create index evaluation_applied on evaluation_run (as_of) where result = 'applied';

create index evaluation_applying on evaluation_run (as_of) where applying_since is not null;

create table evaluation_head (
    run_id uuid not null references evaluation_run on delete cascade,
    key text not null,
    seq bigint not null,
    primary key (run_id, key)
);

create table evaluation_mover (
    run_id uuid not null references evaluation_run on delete cascade,
    customer_id uuid not null,
    outcome text not null check (outcome in ('placed', 'up', 'down', 'grace')),
    from_tier text,
    to_tier text not null,
    graded text not null,
    applied boolean not null default false,
    primary key (run_id, customer_id)
);

create table standing (
    customer_id uuid primary key,
    tier text,
    rank int not null default 0,
    since timestamptz,
    row_id uuid,
    kind text,
    policy_id uuid,
    policy_version int,
    cutoffs_of uuid,
    ladder text,
    below_since timestamptz,
    grace_until timestamptz,
    retained_until timestamptz,
    overridden_until timestamptz,
    promised_until timestamptz,
    recovered_at timestamptz,
    known_from timestamptz,
    first_known timestamptz,
    folded_until timestamptz,
    decided_until timestamptz,
    check ((tier is null) = (since is null) and (tier is null) = (row_id is null))
) with (fillfactor = 80);

create table customer_file (
    customer_id uuid primary key,
    opened_at timestamptz not null,
    recorded_at timestamptz not null
);

create table tier_history (
    id uuid primary key,
    customer_id uuid not null references standing,
    previous_tier text,
    tier text not null,
    rank int not null,
    kind text not null check (kind in ('first', 'upgrade', 'downgrade', 'correction', 'override')),
    effective tstzrange not null check (not isempty(effective) and not lower_inf(effective)),
    recorded_at timestamptz not null,
    superseded_at timestamptz,
    policy_id uuid not null,
    policy_version int not null,
    run_id uuid,
    retained_until timestamptz,
    reasons jsonb not null,
    known_from timestamptz not null,
    known_until timestamptz,
    constraint tier_history_no_overlap exclude using gist (customer_id with =, effective with &&)
        where (superseded_at is null)
);

create unique index tier_history_one_open on tier_history (customer_id)
where superseded_at is null and upper_inf(effective);

create index tier_history_of_customer on tier_history (customer_id, recorded_at);

create index tier_history_recorded on tier_history using brin (recorded_at);

create table contact_fact (
    entry_id uuid primary key,
    customer_id uuid not null,
    employee_id text not null,
    channel text not null,
    contacted_at timestamptz not null,
    next_step_on date,
    next_step_owner text,
    recorded_at timestamptz not null,
    completed_at timestamptz,
    completion_recorded_at timestamptz,
    check ((completed_at is null) = (completion_recorded_at is null))
);

create index contact_of_customer on contact_fact (customer_id, contacted_at);

create table case_fact (
    case_id uuid primary key,
    customer_id uuid,
    customer_recorded_at timestamptz,
    customer_step integer not null default 0,
    kind text,
    filed_at timestamptz,
    filed_recorded_at timestamptz,
    check ((customer_id is null) = (customer_recorded_at is null)),
    check ((kind is null) = (filed_at is null) and (kind is null) = (filed_recorded_at is null))
);

create index case_of_customer on case_fact (customer_id);

create table case_change (
    case_id uuid not null,
    changed_at timestamptz not null,
    what text not null check (what in ('closed', 'reopened')),
    satisfaction int,
    recorded_at timestamptz not null,
    primary key (case_id, changed_at, what)
);

create table customer_traits (
    customer_id uuid not null,
    seq bigint not null,
    changed_at timestamptz not null,
    recorded_at timestamptz not null,
    kind text not null,
    region text,
    industry text,
    legal_nature text,
    acquisition_source text,
    listed boolean,
    employees bigint,
    registered_capital numeric(24, 4),
    annual_sales numeric(24, 4),
    founded_year int,
    age_band text,
    income_band text,
    household_size text,
    completeness int not null,
    age_band_since int,
    primary key (customer_id, seq)
);

create table group_parent (
    customer_id uuid not null,
    since timestamptz not null,
    parent_id uuid,
    recorded_at timestamptz not null,
    primary key (customer_id, since)
);

create index group_parent_children on group_parent (parent_id);

-- T10: what a person set for one customer: a tier until a date, or that the tier is kept until a date.
create table tier_privilege (
    privilege_id uuid primary key,
    customer_id uuid not null references standing,
    kind text not null check (kind in ('override', 'retention')),
    tier text not null,
    starts_at timestamptz not null,
    until timestamptz not null,
    reason text not null,
    set_by text not null,
    set_at timestamptz not null,
    ended_at timestamptz,
    ended_by text,
    ended_because text,
    policy_id uuid,
    policy_version int,
    check ((policy_id is null) = (kind <> 'override') and (policy_version is null) = (policy_id is null)),
    foreign key (policy_id, policy_version) references rule_set_version,
    check (until > starts_at),
    check ((ended_at is null) = (ended_because is null))
);

create index tier_privilege_of on tier_privilege (customer_id, starts_at);

create unique index tier_privilege_one_on on tier_privilege (customer_id, kind) where ended_at is null;

-- The history has no gap: a row begins where another one ends, unless it is the first. (No overlap and one open row
-- are constraints already.) One look-up a new row; without sequential scans, because the plan of a function is kept
-- from when the table was small.
create function tier_history_has_no_gap() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    wrong uuid;
begin
    select a.customer_id into wrong from added a
    where a.superseded_at is null and (
        select bool_or(upper(h.effective) = lower(a.effective)) from tier_history h
        where h.customer_id = a.customer_id and h.superseded_at is null and h.id <> a.id
          and lower(h.effective) < lower(a.effective)
    ) is false limit 1;
    if found then
        raise exception 'the history of customer % has a gap', wrong
            using errcode = 'exclusion_violation', constraint = 'tier_history_no_gap';
    end if;
    return null;
end $$;

create trigger tier_history_no_gap after insert on tier_history
referencing new table as added for each statement execute function tier_history_has_no_gap();

create index tier_history_began on tier_history using brin ((lower(effective)));

create table tier_watch (
    watch_id bigint generated always as identity primary key,
    customer_id uuid not null references standing,
    below_since timestamptz not null,
    grace_until timestamptz not null,
    ended_at timestamptz,
    known_from timestamptz not null,
    known_until timestamptz,
    check (ended_at >= below_since)
);

create unique index tier_watch_one_on on tier_watch (customer_id) where known_until is null and ended_at is null;

create index tier_watch_of_customer on tier_watch (customer_id, below_since);

create index evaluation_simulated on evaluation_run (policy_id, policy_version) where result = 'simulated';

create table evaluation_value (
    run_id uuid not null references evaluation_run on delete cascade,
    after text not null,
    measured numeric[] not null,
    primary key (run_id, after)
);

create table evaluation_cell (
    run_id uuid not null references evaluation_run on delete cascade,
    from_tier text not null,
    to_tier text not null,
    customers int not null,
    revenue numeric(24, 4) not null,
    profit numeric(24, 4),
    profit_known_for numeric(24, 4) not null,
    primary key (run_id, from_tier, to_tier)
);

create table back_test (
    back_test_id uuid primary key references job,
    policy_id uuid not null,
    policy_version int not null,
    first_month date not null,
    last_month date not null check (last_month >= first_month),
    known text not null check (known in ('then', 'now')),
    known_at timestamptz not null,
    cutoffs jsonb,
    populations jsonb,
    costs jsonb,
    foreign key (policy_id, policy_version) references rule_set_version
);

create index back_test_of on back_test (policy_id, back_test_id desc);

create table back_test_value (
    back_test_id uuid not null references back_test on delete cascade,
    month date not null,
    after text not null,
    measured numeric[] not null,
    primary key (back_test_id, month, after)
);

create table back_test_cell (
    back_test_id uuid not null references back_test on delete cascade,
    month date not null,
    from_tier text not null,
    to_tier text not null,
    customers int not null,
    revenue numeric(24, 4) not null,
    profit numeric(24, 4),
    profit_known_for numeric(24, 4) not null,
    moved_back int not null,
    primary key (back_test_id, month, from_tier, to_tier)
);

create table back_test_mover (
    back_test_id uuid not null references back_test on delete cascade,
    month date not null,
    customer_id uuid not null,
    outcome text not null check (outcome in ('placed', 'up', 'down', 'grace', 'placed_at_once', 'up_at_once')),
    from_tier text,
    to_tier text not null,
    moved_back_in date,
    primary key (back_test_id, month, customer_id, outcome)
);

create table nomination (
    nomination_id uuid primary key,
    customer_id uuid not null references standing,
    class text not null check (class in ('key', 'excluded')),
    kinds text[] not null,
    reason text not null,
    evidence jsonb not null,
    figures jsonb not null,
    status text not null check (status in ('open', 'approved', 'rejected', 'cancelled')),
    nominated_by text not null,
    nominated_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    note text,
    override_reason text,
    findings jsonb,
    check ((class = 'key') = (cardinality(kinds) > 0)),
    check ((status = 'open') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
    check (status not in ('approved', 'rejected') or decided_by <> nominated_by)
);

create unique index nomination_one_open on nomination (customer_id, class) where status = 'open';

create index nomination_when on nomination (nominated_at, nomination_id);

create table account_class (
    class_id uuid primary key references nomination,
    customer_id uuid not null references standing,
    class text not null check (class in ('key', 'excluded')),
    kinds text[] not null,
    effective tstzrange not null check (not isempty(effective) and not lower_inf(effective)),
    recorded_at timestamptz not null,
    ended_by text,
    ended_at timestamptz,
    end_cause text check (end_cause in ('ended', 'renewed', 'excluded')),
    end_reason text,
    risks_checked_at timestamptz,
    check (upper_inf(effective) = (end_cause is null) and (end_cause is null) = (ended_at is null)),
    constraint account_class_no_overlap exclude using gist (customer_id with =, effective with &&)
);

create unique index account_class_one_open on account_class (customer_id) where upper_inf(effective);

create index account_class_risks on account_class (risks_checked_at nulls first) where upper_inf(effective);

create table risk_flag (
    flag_id uuid primary key,
    customer_id uuid not null references standing,
    risk text not null check (risk in ('finance', 'profit', 'management', 'churn', 'concentration')),
    source text not null check (source in ('rule', 'hand')),
    rule text,
    reason text,
    evidence jsonb not null,
    raised_by text not null,
    raised_at timestamptz not null,
    until timestamptz,
    cleared_at timestamptz,
    cleared_by text,
    clear_cause text check (clear_cause in ('by_hand', 'end_reached', 'cause_gone', 'not_a_key_account')),
    clear_reason text,
    check ((source = 'rule') = (rule is not null)),
    check (source = 'rule' or (reason is not null and until is not null)),
    check ((cleared_at is null) = (clear_cause is null) and (cleared_at is null) = (cleared_by is null))
);

create unique index risk_flag_one_open on risk_flag (customer_id, risk, source) where cleared_at is null;

create index risk_flag_of on risk_flag (customer_id, raised_at);

create table early_warning (
    warning_id uuid primary key,
    customer_id uuid,
    cause text not null,
    rule_id uuid not null,
    rule_version int not null,
    severity text not null check (severity in ('yellow', 'red')),
    state text not null check (state in ('open', 'acknowledged', 'worked', 'closed')),
    lasting boolean not null,
    owner text,
    as_of timestamptz not null,
    swept_as_of timestamptz not null check (swept_as_of >= as_of),
    raised_at timestamptz not null,
    evidence jsonb not null,
    closed_at timestamptz,
    closed_by text,
    closing text,
    likelihood numeric(5, 4) check (likelihood between 0 and 1),
    value_at_stake numeric(24, 4) check (value_at_stake >= 0),
    expected_loss numeric(24, 4) check (expected_loss >= 0),
    factors jsonb,
    subject_kind text not null default 'customer',
    dimension text,
    subject_code text,
    foreign key (rule_id, rule_version) references rule_set_version,
    check (lasting or state = 'closed'),
    check (case when subject_kind = 'customer' then customer_id is not null and num_nonnulls(dimension, subject_code) = 0
                else customer_id is null and num_nulls(dimension, subject_code) = 0 end),
    check (num_nonnulls(likelihood, value_at_stake, expected_loss) in (0, 3)),
    check ((state = 'closed') = (closed_at is not null) and (state = 'closed') = (closed_by is not null)
           and (state = 'closed') = (closing is not null))
);

create unique index early_warning_once on early_warning (customer_id, cause) where lasting;

create unique index early_warning_once_a_class on early_warning (subject_kind, dimension, subject_code, cause)
where lasting and customer_id is null;

create index early_warning_of_customer on early_warning (customer_id, warning_id desc);

create index early_warning_by_expected_loss on early_warning (coalesce(expected_loss, -1) desc, warning_id desc);

create table warning_change (
    change_id uuid primary key,
    warning_id uuid not null references early_warning,
    at timestamptz not null,
    kind text not null check (kind in ('raised', 'escalated', 'eased', 'acknowledged', 'step', 'closed', 'cause_gone',
                                       'replaced')),
    by text not null,
    as_of timestamptz,
    severity text,
    code text,
    note text,
    evidence jsonb
);

create index warning_change_of on warning_change (warning_id, change_id);

create table warning_run (
    run_id uuid primary key references job,
    as_of timestamptz not null,
    because text not null check (because in ('review', 'schedule', 'request')),
    evaluation_id uuid unique,
    rules jsonb,
    setting jsonb,
    outcomes jsonb not null default '{}',
    stages jsonb not null default '{}'
);

create index warning_run_as_of on warning_run (as_of desc);

create table likelihood_model (
    model_id uuid primary key references job,
    as_of timestamptz not null,
    fitted_at timestamptz not null check (fitted_at >= as_of),
    source text not null check (source in ('own', 'prior')),
    because text not null check (because in ('better', 'too_few_losses', 'no_better')),
    samples int not null check (samples >= 0),
    losses int not null check (losses between 0 and samples),
    document jsonb not null,
    check ((source = 'own') = (because = 'better'))
);

create index likelihood_model_as_of on likelihood_model (as_of desc, model_id desc);

create table warning_back_test (
    back_test_id uuid primary key references job,
    rule_id uuid not null,
    rule_version int not null,
    first_month date not null,
    last_month date not null check (last_month >= first_month),
    severity text not null,
    horizon_months int not null,
    baseline_months int not null,
    fall numeric(7, 4) not null,
    least_baseline numeric(24, 4) not null,
    measured jsonb not null default '{}',
    models jsonb,
    reliability jsonb not null default '{}',
    foreign key (rule_id, rule_version) references rule_set_version
);

create index warning_back_test_of on warning_back_test (rule_id, back_test_id desc);

create table customer_stage (
    customer_id uuid primary key,
    stage text not null check (stage in ('acquire', 'expand', 'retain', 'dormant', 'lost')),
    relationship text check (relationship in ('basic', 'reactive', 'accountable', 'proactive', 'partner')),
    since timestamptz not null,
    run_id uuid not null
) with (fillfactor = 80);

create table retention_cost (
    entry_id uuid primary key,
    month date not null check (extract(day from month) = 1),
    purpose text not null check (purpose in ('win', 'keep')),
    channel text not null,
    amount numeric(24, 4) not null check (amount >= 0),
    recorded_by text not null,
    recorded_at timestamptz not null
);

create index retention_cost_of on retention_cost (month, purpose, channel, recorded_at);

create table lifetime_value_run (
    run_id uuid primary key references job,
    as_of timestamptz not null,
    known_at timestamptz not null,
    horizon_months int not null check (horizon_months between 1 and 120),
    discount_rate numeric(9, 4) not null check (discount_rate >= 0),
    parameters jsonb,
    revenue numeric(24, 4) not null default 0
);

create table lifetime_value (
    run_id uuid not null references lifetime_value_run on delete cascade,
    customer_id uuid not null,
    frequency int not null check (frequency >= 0),
    recency_days int not null,
    age_days int not null check (age_days >= recency_days and recency_days >= 0),
    mean_value numeric(24, 4),
    margin_rate numeric(24, 4),
    chance_alive numeric(9, 4) check (chance_alive between 0 and 1),
    expected_orders numeric(24, 4),
    expected_value numeric(24, 4),
    revenue numeric(24, 4),
    margin numeric(24, 4),
    primary key (run_id, customer_id)
);

create index lifetime_value_ranked on lifetime_value (run_id, (coalesce(revenue, -1)) desc, customer_id);

create table assessment (
    assessment_id uuid primary key,
    month date not null,
    of text not null check (of in ('manager', 'centre')),
    subject text not null,
    as_of timestamptz not null,
    rules_version int not null,
    score numeric(9, 4) not null,
    customers int not null check (customers >= 0),
    reasons jsonb not null,
    made_by text not null,
    made_at timestamptz not null,
    superseded_at timestamptz
);

create unique index assessment_standing on assessment (month, of, subject) where superseded_at is null;

create table missed_deadline (
    case_id uuid not null,
    stage text not null,
    due_at timestamptz not null,
    breached_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (case_id, stage, due_at)
);

create table submission (
    entry_id uuid primary key,
    submission_id uuid not null,
    topic text not null,
    of text not null check (of in ('manager', 'centre')),
    subject text not null,
    due_at timestamptz not null,
    received_at timestamptz,
    wrong boolean not null check (not wrong or received_at is not null),
    note text,
    recorded_by text not null,
    recorded_at timestamptz not null
);

create index submission_due on submission (due_at);

create index submission_of on submission (submission_id, recorded_at);

create table spot_check (
    entry_id uuid primary key,
    check_id uuid not null,
    customer_id uuid not null,
    about text not null check (about in ('file', 'equipment')),
    finding text not null check (finding in ('passed', 'wrong', 'not_recorded')),
    checked_at timestamptz not null,
    note text,
    recorded_by text not null,
    recorded_at timestamptz not null,
    check (about = 'equipment' or finding <> 'not_recorded')
);

create index spot_check_when on spot_check (checked_at);

create index spot_check_of on spot_check (check_id, recorded_at);

create table satisfaction_answer (
    answer_id uuid primary key,
    customer_id uuid not null,
    index_version int not null,
    answered_at timestamptz not null,
    month date not null,
    items jsonb not null,
    questions jsonb not null default '{}',
    expectation numeric(9, 4) not null,
    experience numeric(9, 4) not null,
    satisfaction numeric(9, 4) not null check (satisfaction = experience - expectation),
    recorded_by text not null,
    recorded_at timestamptz not null
);

create index satisfaction_answer_of on satisfaction_answer (customer_id, answered_at);

create index satisfaction_answer_when on satisfaction_answer (answered_at);

create table scheduled_run (
    kind text not null check (kind in ('review', 'warning_sweep', 'risk_sweep', 'assessment', 'lifetime_values')),
    due_at timestamptz not null,
    as_of timestamptz,
    schedule_version int not null,
    passed_over int not null check (passed_over >= 0),
    requested_at timestamptz not null check (requested_at >= due_at),
    job_id uuid unique references job,
    refused text,
    primary key (kind, due_at),
    check (job_id is null or refused is null)
);

create index scheduled_run_newest on scheduled_run (due_at desc, kind desc);

-- What decisions stand on stays as it was: facts of orders (what came back of one is added up beside it), decided rows
-- of the history (they are ended or superseded), a review's cut-offs, who nominated whom for what, what people answered.
-- Copies may be taken out and made anew.

create trigger order_fact_stays before update of customer_id, placed_at, order_id, month, amount, margin, quantity,
recorded_at, mix on order_fact for each row execute function refuse_change();

create trigger order_change_stays before update on order_change for each row execute function refuse_change();

create trigger tier_history_stays before update of id, customer_id, previous_tier, tier, rank, kind, recorded_at,
policy_id, policy_version, run_id, known_from or delete on tier_history
for each row execute function refuse_change();

create trigger tier_history_reasons_are_erased before update of reasons on tier_history
for each row execute function refuse_change('erase:reasons');

create trigger evaluation_cutoffs_stay before update of run_id, as_of, cutoffs, population on evaluation_run for each row
when (old.cutoffs is not null) execute function refuse_change();

create trigger nomination_stays before update of nomination_id, customer_id, class, kinds, figures, nominated_by,
nominated_at or delete on nomination for each row execute function refuse_change();

create trigger account_class_stays before update of class_id, customer_id, class, kinds, recorded_at or delete
on account_class for each row execute function refuse_change();

create trigger warning_change_stays before update of change_id, warning_id, at, kind, by, as_of, severity, code or delete
on warning_change for each row execute function refuse_change();

create trigger satisfaction_answer_stays before update or delete on satisfaction_answer
for each row execute function refuse_change();

create trigger retention_cost_stays before update or delete on retention_cost
for each row execute function refuse_change();
