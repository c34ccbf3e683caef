-- What every service's database knows of whose personal data is to be erased, and was (P13). The rows stay: what is
-- written of such a customer later, or comes back with a backup, is erased again.

create table erased_customer (
    customer_id uuid not null, erasure_id uuid not null, person_id uuid, requested_at timestamptz not null,
    recorded_at timestamptz not null, marked_at timestamptz not null default clock_timestamp(), erased_at timestamptz,
    primary key (customer_id, erasure_id)
);

create index erased_customer_of_erasure on erased_customer (erasure_id);
