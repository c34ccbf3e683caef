create table customer (customer_id uuid primary key, recorded_at timestamptz not null, region text);

create table tier_copy (
    customer_id uuid not null, effective_from timestamptz not null, tier text not null, rank int not null,
    primary key (customer_id, effective_from)
);

create table complaint_case (
    id uuid primary key, customer_id uuid, partner_id uuid,
    kind text not null
        constraint case_kind check (kind in ('complaint', 'suggestion', 'praise', 'consultation', 'repair')),
    severity text not null constraint case_severity check (severity in ('low', 'normal', 'high', 'critical')),
    channel text not null, category text not null, order_id text, sku text,
    status text not null
        constraint case_status check (status in ('received', 'acknowledged', 'judged_valid', 'judged_invalid',
            'proposed', 'accepted', 'refused', 'resolved', 'closed')),
    round int not null constraint case_round check (round >= 1),
    tier text, region text,
    escalation_level text not null
        constraint case_escalation_level check (escalation_level in ('agent', 'manager', 'head', 'sponsor')),
    waiting text constraint case_waiting check (waiting in ('customer', 'answer')),
    satisfaction int constraint case_satisfaction check (satisfaction between 1 and 5),
    proposal_id uuid, filed_at timestamptz not null, recorded_at timestamptz not null,
    last_step_at timestamptz not null, step_count int not null, closed_at timestamptz, replayed_until timestamptz,
    next_due_at timestamptz, version int not null,
    constraint case_closed check ((status = 'closed') = (closed_at is not null))
) with (fillfactor = 80);

create index case_of_customer on complaint_case (customer_id, id);

create index case_of_partner on complaint_case (partner_id, id) where partner_id is not null;

create index case_open on complaint_case (coalesce(next_due_at, timestamptz '9999-12-31 00:00:00+00'), id)
    where status <> 'closed';

create index case_filed on complaint_case (filed_at);

create trigger case_stays
    before update of id, partner_id, kind, channel, category, filed_at, recorded_at or delete
    on complaint_case for each row execute function refuse_change();

create trigger case_references_are_erased before update of order_id, sku on complaint_case
    for each row execute function refuse_change('erase:order_id', 'erase:sku');

create table case_story (
    case_id uuid primary key references complaint_case (id), product text, what_happened text not null,
    happened_at timestamptz, bought_at timestamptz, usage text, request text, settlement_wish text,
    contact_name text, contact_phone text, contact_email text, digest text not null
);

-- What was written stays as it was written, or is erased, the row as a whole. `patron verify` computes the digest again.
create function case_story_digest() returns trigger language plpgsql set timezone = 'UTC' as $$ begin
    new.digest := md5((to_jsonb(new) - 'digest')::text);
    return new;
end $$;

create trigger case_story_digest before insert on case_story for each row execute function case_story_digest();

alter table case_story enable always trigger case_story_digest;

-- Erasing who may be reached keeps the rest, and its digest follows (P13).
create function case_story_stays() returns trigger language plpgsql set timezone = 'UTC' as $$
declare
    reached constant text[] := '{contact_name,contact_phone,contact_email,digest}';
begin
    if num_nonnulls(new.contact_name, new.contact_phone, new.contact_email) = 0
       and new.digest = old.digest and to_jsonb(new) - reached = to_jsonb(old) - reached
    then
        new.digest := md5((to_jsonb(new) - 'digest')::text);
        return new;
    end if;
    raise exception 'a row of case_story stays as it was written' using errcode = 'check_violation';
end $$;

create trigger case_story_stays before update on case_story for each row execute function case_story_stays();

create table case_step (
    case_id uuid not null references complaint_case (id), number int not null, round int not null, name text not null,
    outcome text, status_before text, status_after text not null, at timestamptz not null,
    recorded_at timestamptz not null, done_by text not null, note text, partner_id uuid,
    from_customer uuid, to_customer uuid, primary key (case_id, number)
);

create function case_step_is_history() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.note is null then
        old.note := null;
        if new is not distinct from old then
            return new;
        end if;
    end if;
    raise exception 'the history of a case is not changed' using errcode = 'integrity_constraint_violation';
end $$;

create trigger case_step_stays before update or delete on case_step
    for each row execute function case_step_is_history();

create table proposal (
    id uuid primary key, case_id uuid not null references complaint_case (id), round int not null,
    points int not null constraint proposal_points check (points >= 0),
    amount numeric(18, 4) not null constraint proposal_amount check (amount >= 0),
    proposed_at timestamptz not null, answered_at timestamptz, accepted boolean,
    proposed_by text, proposer_id uuid, counted_on date, approved_by text, roles text[], authority_version int,
    constraint proposal_answer check ((answered_at is null) = (accepted is null)),
    constraint proposal_four_eyes check (approved_by <> proposed_by)
);

create index proposal_of_case on proposal (case_id);

create index proposal_of_person on proposal (proposer_id, counted_on);

create trigger proposal_stays before update or delete on proposal
    for each row execute function refuse_change('answered_at', 'accepted');

create trigger proposal_is_answered_once before update on proposal
    for each row when (old.answered_at is not null and old is distinct from new) execute function refuse_change();

create unique index proposal_one_open on proposal (case_id) where answered_at is null;

create table settlement_approval (
    id uuid primary key, case_id uuid not null references complaint_case (id), round int not null,
    points int not null check (points >= 0), amount numeric(18, 4) not null check (amount >= 0), text text,
    limits_reached text[] not null, requested_by text not null, requested_at timestamptz not null,
    state text not null check (state in ('pending', 'approved', 'rejected')),
    decided_by text, decided_at timestamptz, note text,
    constraint settlement_approval_decided check ((state = 'pending') = (decided_at is null)
        and (decided_at is null) = (decided_by is null)),
    constraint settlement_approval_four_eyes check (state <> 'approved' or decided_by <> requested_by)
);

create unique index settlement_approval_one_pending on settlement_approval (case_id) where state = 'pending';

create index settlement_approval_of_case on settlement_approval (case_id, requested_at);

create table deadline (
    case_id uuid not null references complaint_case (id), round int not null,
    stage text not null constraint deadline_stage check (stage in ('acknowledgement', 'proposal', 'solution')),
    tier text, allowance interval not null, started_at timestamptz not null, remaining interval not null,
    running_since timestamptz, warn_at timestamptz not null, due_at timestamptz not null,
    deadline_rules_version int not null, calendar_rules_version int not null, escalate_at timestamptz,
    warned_at timestamptz, breached_at timestamptz, done_late_at timestamptz, met_at timestamptz,
    cancelled_at timestamptz,
    generation int not null, region text, pauses timestamptz[] not null default '{}',
    other_tiers text[] not null default '{}', primary key (case_id, round, stage),
    constraint deadline_ends_once check (num_nonnulls(breached_at, met_at, cancelled_at) <= 1),
    constraint deadline_late_after_breach check (done_late_at is null or breached_at is not null),
    constraint deadline_warned_first check (breached_at is null or warned_at is not null)
) with (fillfactor = 80);

-- A case is saved with all deadlines of its round, changed or not: only what differs is looked at.
create trigger deadline_stays before update on deadline
    for each row when ((old.case_id, old.round, old.stage, old.started_at)
                       is distinct from (new.case_id, new.round, new.stage, new.started_at))
    execute function refuse_change();

create trigger deadline_ends_once before update on deadline
    for each row when (num_nonnulls(old.met_at, old.cancelled_at, old.done_late_at) > 0 and old is distinct from new)
    execute function refuse_change();

create trigger deadline_is_kept before delete on deadline for each row execute function refuse_change();

create index deadline_started on deadline (started_at);

create table escalation (
    case_id uuid not null references complaint_case (id),
    escalation_level text not null
        constraint escalation_level_known check (escalation_level in ('manager', 'head', 'sponsor')),
    round int not null, stage text not null, at timestamptz not null, primary key (case_id, escalation_level)
);

create trigger escalation_stays before update or delete on escalation for each row execute function refuse_change();
