-- What the gateway owns: partners and keys, the registry of references, orders, money owed and paid.
create table partner (
    id uuid primary key, code text not null unique, name text not null, created_at timestamptz not null
);

create table partner_key (
    id uuid primary key, partner_id uuid not null references partner (id), digest bytea not null,
    created_at timestamptz not null, revoked_at timestamptz
);

create index partner_key_of_partner on partner_key (partner_id);

create table revoked_token (
    name bytea primary key, expires_at timestamptz not null, revoked_at timestamptz not null
);

create index revoked_token_recent on revoked_token (revoked_at);

create table employee_sign_in (
    employee_id text primary key, subject_digest text, recorded_at timestamptz not null
);

create index employee_sign_in_recent on employee_sign_in (recorded_at);

create table customer_reference (
    source text not null, ref text not null, customer_id uuid not null, registered_at timestamptz,
    id uuid not null default gen_random_uuid(),
    primary key (source, ref)
);

create index customer_reference_of_customer on customer_reference (customer_id, source);

create index customer_reference_offered on customer_reference (customer_id) where registered_at is null;

create index customer_reference_prefix on customer_reference (lower(ref) collate "C", source);

create table reference_removal (
    id uuid primary key, customer_id uuid not null, source text not null, registered_at timestamptz not null,
    removed_at timestamptz not null
);

create table known_customer (customer_id uuid primary key, known_at timestamptz not null);

create table customer_order (
    id uuid primary key, source text not null, order_ref text not null, customer_id uuid not null,
    placed_at timestamptz not null, currency text not null, channel text not null,
    amount numeric(18, 4) not null constraint customer_order_amount check (amount >= 0),
    lines text not null, fingerprint bytea not null, event_id uuid not null, recorded_at timestamptz not null,
    constraint customer_order_once unique (source, order_ref)
) with (toast_tuple_target = 8160);

create index customer_order_of_customer on customer_order (customer_id, placed_at, id);

create table reversal (
    id uuid primary key,
    kind text not null constraint reversal_kind check (kind in ('return', 'cancellation')),
    source text not null, ref text not null, order_id uuid not null references customer_order (id),
    customer_id uuid not null, at timestamptz not null, reason text,
    amount numeric(18, 4) not null constraint reversal_amount check (amount >= 0),
    lines jsonb not null, fingerprint bytea not null, event_id uuid not null, recorded_at timestamptz not null,
    constraint reversal_once unique (kind, source, ref)
);

create index reversal_of_order on reversal (order_id);

create table delivery (
    id uuid primary key, source text not null, ref text not null,
    order_id uuid not null references customer_order (id), customer_id uuid not null,
    delivered_at timestamptz not null, lines jsonb not null, fingerprint bytea not null, event_id uuid not null,
    recorded_at timestamptz not null, constraint delivery_once unique (source, ref)
);

create index delivery_of_order on delivery (order_id);

create table receivable (
    id uuid primary key, source text not null, ref text not null, customer_id uuid not null,
    order_id uuid references customer_order (id),
    amount numeric(18, 4) not null constraint receivable_amount check (amount > 0),
    issued_on date not null, due_on date not null, fingerprint bytea not null, event_id uuid not null,
    recorded_at timestamptz not null, constraint receivable_once unique (source, ref)
);

create index receivable_of_customer on receivable (customer_id);

create table payment (
    id uuid primary key, source text not null, ref text not null,
    receivable_id uuid not null references receivable (id), customer_id uuid not null,
    amount numeric(18, 4) not null, outstanding numeric(18, 4) not null, paid_at timestamptz not null,
    fingerprint bytea not null, event_id uuid not null, recorded_at timestamptz not null,
    constraint payment_once unique (source, ref),
    constraint payment_amount check (amount > 0 and outstanding >= 0)
);

create index payment_of_receivable on payment (receivable_id);

-- What was reported stays as it was written, but for what an erasure takes out (P13); a reference that was only offered
-- is registered, once. References go with the customer whose they are; an offer is nobody's.

create trigger customer_order_stays before update or delete on customer_order for each row
execute function refuse_change('erase:order_ref', 'erase:lines', 'erase:fingerprint');

create trigger reversal_stays before update or delete on reversal
for each row execute function refuse_change('erase:ref', 'erase:fingerprint');

create trigger delivery_stays before update or delete on delivery
for each row execute function refuse_change('erase:ref', 'erase:fingerprint');

create trigger receivable_stays before update or delete on receivable
for each row execute function refuse_change('erase:ref', 'erase:fingerprint');

create trigger payment_stays before update or delete on payment
for each row execute function refuse_change('erase:ref', 'erase:fingerprint');

create trigger customer_reference_stays before update on customer_reference for each row
when (old.registered_at is not null
      or (new.source, new.ref, new.id) is distinct from (old.source, old.ref, old.id))
execute function refuse_change();

create function customer_reference_is_kept() returns trigger language plpgsql as $$ begin
    if old.registered_at is null
       or exists (select from reference_removal r where r.id = old.id)
       or exists (select from erased_customer e where e.customer_id = old.customer_id and e.person_id is null) then
        return old;
    end if;
    raise exception 'a reference is kept' using errcode = 'check_violation';
end $$;

create trigger customer_reference_is_kept before delete on customer_reference
for each row execute function customer_reference_is_kept();
