-- What every service's database has of the backbone: the event log and its streams, how far others' streams were
-- read, what is parked, timers. Dated and frozen: a later change is a file of its own.

-- Whether the new value of a column is what an erasure leaves: nothing, the row's own id in place of an outside
-- reference, the same lines without their articles, or the same document without its words.
create function is_erased(old_value text, new_value text, row_id text) returns boolean immutable parallel safe
return new_value is null or new_value in ('', '{}', '[]', '\x', row_id)
    or new_value = regexp_replace(old_value, '"sku":"[^"]*"', '"sku":"withheld"', 'g')
    or new_value = regexp_replace(old_value, '"(reason|says)": "([^"\\]|\\.)*"', '"\1": ""', 'g');

-- Keeps rows as they were written: `before update or delete on t for each row execute function refuse_change('a', 'b')`
-- lets an update change the columns named and nothing else; without any, or for each statement, nothing changes at all.
-- `refuse_change('erase:note')` lets an update erase what the column holds (P13), and write nothing else into it.
-- On a table that is updated often, name the columns that stay (`before update of c, d or delete`) and no argument:
-- then updates of others cost nothing.
create function refuse_change() returns trigger language plpgsql as $$
declare
    old_row jsonb;
    new_row jsonb;
    may_change text[];
begin
    if tg_op = 'UPDATE' and tg_level = 'ROW' and tg_nargs > 0 then
        old_row := to_jsonb(old);
        new_row := to_jsonb(new);
        may_change := array(select replace(name, 'erase:', '') from unnest(tg_argv::text[]) as name);
        if new_row - may_change = old_row - may_change and not exists (
            select from unnest(tg_argv::text[]) as name, replace(name, 'erase:', '') as c
            where name like 'erase:%' and new_row -> c is distinct from old_row -> c
              and not is_erased(old_row ->> c, new_row ->> c, old_row ->> 'id')
        ) then
            return new;
        end if;
    end if;
    raise exception 'a row of % stays as it was written', tg_table_name using errcode = 'check_violation';
end $$;

create sequence outbox_position;

create table outbox (
    position bigint not null default nextval('outbox_position'),
    recorded_at timestamptz not null,
    event_id uuid not null,
    topic text not null,
    key text not null,
    seq bigint not null,
    type text not null,
    payload text not null,
    digest bytea not null,
    traceparent text,
    occurred_at timestamptz not null,
    shard smallint not null,
    primary key (position, recorded_at)
) partition by range (recorded_at);

create table outbox_default partition of outbox default;

create index outbox_stream on outbox (topic, key, seq);

-- What was announced stands. Months are dropped whole, which is no deletion of rows.
create trigger outbox_stays
    before update or delete on outbox for each row execute function refuse_change();

-- A note for each event that is not sent yet, deleted when it is: the event's own row is written once.
create table outbox_unsent (
    position bigint primary key, recorded_at timestamptz not null, shard smallint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- The service's role owns no table, so it can not make partitions nor drop them. These two do it for the owner, and
-- nothing else: the name is the month's, and what may go was over, and sent.
create function make_outbox_partition(month date) returns void language plpgsql
    security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
    partition_name constant text := 'outbox_' || to_char(month, 'YYYY_MM');
    first_instant constant timestamptz := month;
    end_instant constant timestamptz := month + interval '1 month';
begin
    if month is null or extract(day from month) <> 1 or extract(year from month) not between 1970 and 9999 then
        raise exception '% is no month of the outbox', month using errcode = 'invalid_parameter_value';
    end if;
    if to_regclass(format('public.%I', partition_name)) is not null or exists (
        select from public.outbox_default where recorded_at >= first_instant and recorded_at < end_instant
    ) then
        return;
    end if;
    execute format('create table if not exists public.%I partition of public.outbox for values from (%L) to (%L)',
                   partition_name, first_instant, end_instant);
    execute format('alter table public.%I alter payload set storage external', partition_name);
end $$;

create function drop_outbox_partition(partition_name text) returns void language plpgsql
    security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
    is_unsent boolean;
    first_instant timestamptz;
begin
    if partition_name is null or partition_name !~ '^outbox_[0-9]{4}_[0-9]{2}$' or not exists (
        select from pg_inherits where inhparent = 'public.outbox'::regclass
           and inhrelid = to_regclass(format('public.%I', partition_name))
    ) then
        raise exception '% is no month of the outbox', partition_name using errcode = 'invalid_parameter_value';
    end if;
    first_instant := to_date(right(partition_name, 7), 'YYYY_MM');
    if first_instant + interval '1 month' > now() then
        raise exception 'the month of % is not over', partition_name using errcode = 'object_not_in_prerequisite_state';
    end if;
    select exists (
        select from public.outbox_unsent
        where recorded_at >= first_instant and recorded_at < first_instant + interval '1 month'
    ) into is_unsent;
    if is_unsent then
        raise exception 'not all of % is sent', partition_name using errcode = 'object_not_in_prerequisite_state';
    end if;
    execute format('drop table public.%I', partition_name);
end $$;

revoke execute on function make_outbox_partition(date), drop_outbox_partition(text) from public;

create table stream_head (
    topic text not null, key text not null, seq bigint not null, last_event_id uuid not null,
    changed_at timestamptz not null, primary key (topic, key)
) with (fillfactor = 70);

create index stream_head_changed on stream_head using brin (changed_at);

create table stream_epoch (
    one_row int primary key check (one_row = 1), epoch uuid not null, started_at timestamptz not null
);

create table epoch_begin (
    life int primary key generated always as identity, epoch uuid not null, began_at timestamptz not null
);

create table epoch_head (
    life int not null, topic text not null, key text not null, seq bigint not null, last_event_id uuid not null,
    primary key (topic, key, life)
);

create table stream_seen (
    topic text not null, key text not null, epoch uuid, last_seq bigint not null check (last_seq >= 0),
    last_event_id uuid, blocked_at timestamptz, primary key (topic, key)
) with (fillfactor = 70);

create index stream_seen_blocked on stream_seen (topic, key) where blocked_at is not null;

create table parked (
    parked_id uuid primary key, topic text not null, key text not null, seq bigint not null, epoch uuid, event_id uuid,
    type text not null, payload bytea not null, reason text not null, detail text not null,
    recorded_at timestamptz not null, tries int not null, parked_at timestamptz not null,
    ended_at timestamptz, ended_by text
);

create unique index parked_open on parked (topic, key) where ended_at is null and reason <> 'not_authentic';

create index parked_not_authentic on parked (topic) where ended_at is null and reason = 'not_authentic';

create table stream_hole (
    topic text not null, key text not null, seq bigint not null, event_id uuid, type text not null,
    reason text not null, dropped_at timestamptz not null, dropped_by text not null, first_seq bigint,
    primary key (topic, key, seq)
);

create table epoch_difference (
    topic text not null, key text not null, epoch uuid not null, previous_epoch uuid, consumed_seq bigint not null,
    owner_seq bigint not null, found_at timestamptz not null, primary key (topic, key, epoch)
);

create table broker_seen (one_row int primary key check (one_row = 1), cluster_id text not null);

create table timer (
    aggregate text not null, kind text not null, generation int not null, due_at timestamptz not null,
    state text not null check (state in ('pending', 'fired', 'cancelled', 'failed')), ended_at timestamptz,
    retry_at timestamptz, tries int not null default 0, last_error text, primary key (aggregate, kind, generation)
);

create unique index timer_one_pending on timer (aggregate, kind) where state = 'pending';

create index timer_due on timer (due_at) where state = 'pending';

create table outbox_cut (
    topic text not null, key text not null, seq bigint not null, event_id uuid not null, partition text not null,
    recorded_before timestamptz not null, cut_at timestamptz not null, primary key (topic, key)
);
