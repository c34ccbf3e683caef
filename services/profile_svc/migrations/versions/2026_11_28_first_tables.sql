-- Profile's first tables: files and what is searched in them, who may see whom, the team, the overview and its copies,
-- calls, the contact log, groups, the access trail.

create extension if not exists pg_trgm;

create extension if not exists btree_gist;

create table customer (
    id uuid primary key,
    kind text not null constraint customer_kind check (kind in ('organisation', 'person', 'unknown')),
    facts jsonb not null,
    completeness smallint not null constraint customer_completeness check (completeness between 0 and 100),
    version int not null constraint customer_version check (version >= 1),
    registered_at timestamptz not null,
    updated_at timestamptz not null,
    root_id uuid
);

create index customer_tax_id on customer ((facts ->> 'tax_id')) where facts ? 'tax_id';

create index customer_root on customer (root_id) where root_id is not null;

create table merge_decision (
    merge_id uuid primary key,
    keep jsonb not null,
    edited text[] not null default '{}',
    merged_by text not null,
    unmerged_by text
);

create table customer_name (
    customer_id uuid not null references customer on delete cascade,
    position smallint not null,
    folded text not null,
    search_text text not null,
    tokens tsvector not null,
    primary key (customer_id, position)
);

create index customer_name_folded on customer_name (folded text_pattern_ops);

create index customer_name_text on customer_name using gin (search_text gin_trgm_ops);

create index customer_name_tokens on customer_name using gin (tokens);

create table customer_phone (
    customer_id uuid not null references customer on delete cascade,
    e164 text not null,
    last_digits text,
    primary key (customer_id, e164)
);

create index customer_phone_e164 on customer_phone (e164);

create index customer_phone_last_digits on customer_phone (last_digits);

create table customer_email (
    customer_id uuid not null references customer on delete cascade,
    address text not null,
    primary key (customer_id, address)
);

create index customer_email_address on customer_email (address text_pattern_ops);

create table customer_source (
    customer_id uuid not null references customer on delete cascade,
    source text not null,
    recorded_at timestamptz not null,
    primary key (customer_id, source)
);

create table unit (
    code text primary key,
    name text not null,
    kind text not null,
    parent text references unit check (parent <> code),
    closed_at timestamptz,
    version int not null,
    recorded_at timestamptz not null
);

create index unit_parent on unit (parent);

create table employee (
    employee_id text primary key,
    name text not null,
    phone_extension text,
    recorded_at timestamptz not null,
    subject text unique,
    unit text references unit,
    skills text[] not null default '{}',
    languages text[] not null default '{}',
    capacity int check (capacity >= 0),
    joined_at timestamptz,
    left_at timestamptz check (left_at >= joined_at),
    version int not null default 1,
    centre text,
    centre_since timestamptz,
    absent_from timestamptz,
    absent_until timestamptz check (absent_until > absent_from),
    deputy_id text references employee check (deputy_id <> employee_id),
    check (absent_from is not null or num_nonnulls(absent_until, deputy_id) = 0)
);

create index employee_unit on employee (unit);

create index employee_deputy on employee (deputy_id);

create table team_assignment (
    id uuid primary key,
    customer_id uuid not null references customer,
    employee_id text not null references employee,
    role text not null constraint team_assignment_role check (
        role in ('account_manager', 'executive_sponsor', 'service_engineer', 'inside_sales', 'field_sales')),
    assigned_at timestamptz not null,
    released_at timestamptz,
    hand_over_note text,
    constraint team_assignment_times check (released_at >= assigned_at),
    constraint team_managers_never_overlap exclude using gist (
        customer_id with =, tstzrange(assigned_at, released_at) with &&) where (role = 'account_manager')
);

create index team_assignment_customer on team_assignment (customer_id);

create index team_assignment_employee on team_assignment (employee_id) where released_at is null;

create unique index team_one_account_manager on team_assignment (customer_id)
    where role = 'account_manager' and released_at is null;

create unique index team_one_of_a_role on team_assignment (customer_id, role, employee_id) where released_at is null;

create view account_team as
    select id as assignment_id, customer_id, employee_id, role, assigned_at, released_at from team_assignment;

create view unit_copy as select code as unit, parent, closed_at is not null as is_closed from unit;

create view employee_copy as
    select employee_id, unit, absent_from, absent_until, deputy_id, left_at from employee;

create table overview (
    customer_id uuid primary key,
    tier text,
    tier_rank int,
    tier_since timestamptz,
    tier_kind text,
    orders_count int not null default 0,
    returns_count int not null default 0,
    cancelled_count int not null default 0,
    revenue_total numeric(24, 4) not null default 0,
    revenue_returned numeric(24, 4) not null default 0,
    revenue_cancelled numeric(24, 4) not null default 0,
    first_order_at timestamptz,
    last_order_at timestamptz,
    last_order_id uuid,
    last_return_at timestamptz,
    last_delivery_at timestamptz,
    points_balance bigint not null default 0,
    points_held bigint not null default 0,
    points_debt bigint not null default 0,
    open_cases int not null default 0,
    overdue_cases int not null default 0,
    last_case_at timestamptz,
    last_satisfaction smallint,
    outstanding_amount numeric(24, 4) not null default 0,
    oldest_due_on date,
    account_manager text,
    open_warnings jsonb not null default '{}',
    account_classes jsonb not null default '{}',
    risk_flags jsonb not null default '{}',
    life_stage text,
    life_stage_since timestamptz,
    relationship text,
    satisfaction_index numeric(24, 4),
    satisfaction_at timestamptz,
    settlement_withdrawn_points bigint,
    settlement_withdrawn_at timestamptz,
    updated_at timestamptz not null
) with (fillfactor = 70);

create table message_request (
    id uuid primary key, customer_id uuid not null, contact_id uuid, template text not null, purpose text not null,
    channel text, data jsonb not null, occasion text not null constraint message_request_once unique,
    state text not null, reason text, requested_at timestamptz not null, state_at timestamptz not null,
    constraint message_withheld check ((state = 'withheld') = (channel is null) and (reason is null) = (channel is not null))
);

create index message_request_in_state on message_request (state, id);

create index message_request_of_customer on message_request (customer_id, id);

create table message_report (
    message_id uuid not null references message_request (id), state text not null, at timestamptz not null,
    recorded_at timestamptz not null, recorded_by text not null, primary key (message_id, state, at)
);

create table case_copy (
    case_id uuid primary key,
    customer_id uuid,
    customer_step integer not null default 0,
    filed_at timestamptz,
    opened_at timestamptz,
    closed_at timestamptz,
    reopened_at timestamptz,
    acknowledged_at timestamptz,
    proposed_at timestamptz,
    resolved_at timestamptz,
    acknowledgement_breached_at timestamptz,
    proposal_breached_at timestamptz,
    solution_breached_at timestamptz, other_breached_at timestamptz,
    satisfied_at timestamptz,
    satisfaction smallint
);

create index case_copy_customer on case_copy (customer_id);

create table receivable_copy (
    receivable_id uuid primary key,
    customer_id uuid not null,
    outstanding numeric(24, 4) not null,
    due_on date
);

create index receivable_copy_owed on receivable_copy (customer_id) where outstanding > 0;

create table call (
    call_id text primary key,
    number text not null,
    customer_id uuid references customer on delete set null,
    agent text,
    ringing_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    recorded_at timestamptz not null,
    constraint call_answered check (answered_at >= ringing_at),
    constraint call_ended check (ended_at >= ringing_at and ended_at >= answered_at)
);

create index call_ringing on call (ringing_at);

create index call_customer on call (customer_id);

create index call_number on call (number);

create table contact_log (
    id uuid primary key,
    customer_id uuid not null references customer,
    contacted_at timestamptz not null,
    channel text not null constraint contact_log_channel check (
        channel in ('call', 'visit', 'email', 'fax', 'letter', 'chat', 'meeting')),
    employee_id text not null references employee,
    summary text not null,
    partner text,
    position text,
    next_step text,
    next_step_on date,
    next_step_owner text references employee,
    completed_at timestamptz,
    outcome text,
    recorded_at timestamptz not null,
    recorded_by text not null,
    constraint contact_log_next_step check (
        (next_step is null) = (next_step_on is null) and (next_step is null) = (next_step_owner is null)),
    constraint contact_log_completed check (completed_at >= contacted_at and next_step is not null
        or completed_at is null and outcome is null)
);

create index contact_log_customer on contact_log (customer_id, contacted_at, id);

create index contact_log_open_steps on contact_log (next_step_owner, next_step_on)
    where next_step is not null and completed_at is null;

create table group_membership (
    customer_id uuid not null references customer,
    parent_id uuid not null references customer,
    since timestamptz not null,
    until timestamptz,
    primary key (customer_id, since),
    constraint group_membership_other check (customer_id <> parent_id),
    constraint group_membership_times check (until > since),
    constraint group_one_parent exclude using gist (customer_id with =, tstzrange(since, until) with &&)
);

create index group_membership_parent on group_membership (parent_id);

create table consent (
    id uuid primary key,
    customer_id uuid not null references customer (id),
    purpose text not null,
    channel text not null,
    granted boolean not null,
    changed_at timestamptz not null,
    recorded_at timestamptz not null,
    origin text not null,
    recorded_by text not null,
    contact_id uuid
);

create index consent_customer on consent (customer_id, changed_at);

create index consent_contact on consent (contact_id, changed_at) where contact_id is not null;

create trigger consent_stays before update or delete on consent
for each statement execute function refuse_change();

create table erasure (
    id uuid primary key,
    customer_id uuid,
    person_kind text,
    person jsonb,
    reason text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    finished_at timestamptz,
    constraint erasure_forgets_the_person check (finished_at is null or person is null)
);

create index erasure_of_customer on erasure (customer_id);

create table erasure_receipt (
    erasure_id uuid not null,
    customer_id uuid not null,
    service text not null,
    erased_at timestamptz not null,
    stores text[] not null,
    primary key (erasure_id, customer_id, service)
);

create table person_export (
    id uuid primary key references job,
    customer_id uuid not null,
    requested_by text not null,
    expires_at timestamptz not null,
    fetched_at timestamptz
);

create index person_export_of_customer on person_export (customer_id);

create table person_export_part (
    export_id uuid not null references person_export on delete cascade,
    number int not null,
    service text not null,
    content text not null,
    primary key (export_id, number)
);

-- What is told of the past stays: of a team, a contact and a place in a group only the end is added.

create trigger customer_stays before update of id, registered_at on customer
for each row execute function refuse_change();

create trigger team_assignment_stays before update of id, customer_id, employee_id, role, assigned_at or delete
on team_assignment for each row execute function refuse_change();

create trigger contact_log_stays before update of id, customer_id, contacted_at, channel, employee_id, next_step_on,
next_step_owner, recorded_at, recorded_by or delete on contact_log for each row execute function refuse_change();

create trigger group_membership_stays before update of customer_id, parent_id, since or delete on group_membership
for each row execute function refuse_change();

create table customer_import (
    id uuid primary key,
    file_id uuid not null,
    owner text not null,
    dry_run boolean not null,
    encoding text,
    layout jsonb,
    problem jsonb,
    opened bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    skipped bigint not null default 0,
    refused bigint not null default 0,
    candidates bigint not null default 0,
    formula_cells bigint not null default 0,
    reversal_id uuid,
    reversed bigint not null default 0,
    kept bigint not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create index customer_import_newest on customer_import (created_at, id);

create index customer_import_expires on customer_import (expires_at);

create table import_row (
    import_id uuid not null references customer_import,
    row_number bigint not null,
    outcome text not null constraint import_row_outcome
        check (outcome in ('opened', 'updated', 'unchanged', 'skipped', 'refused')),
    customer_id uuid,
    version int,
    before jsonb,
    candidate boolean not null default false,
    code text,
    field text,
    detail text,
    content text,
    reversal text,
    primary key (import_id, row_number)
);

create index import_row_customer on import_row (customer_id, import_id) where outcome in ('opened', 'updated');

create index import_row_refused on import_row (import_id, row_number) where outcome = 'refused';

create trigger message_request_stays before update of id, customer_id, contact_id, template, purpose, channel, data,
occasion, requested_at or delete on message_request for each row execute function refuse_change();

create trigger message_report_stays before update or delete on message_report
for each statement execute function refuse_change();

create table customer_export (
    id uuid primary key,
    file_id uuid not null,
    owner text not null,
    layout jsonb,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create index customer_export_newest on customer_export (created_at, id);

create index customer_export_expires on customer_export (expires_at);
