create table wallet (
    customer_id uuid primary key,
    available bigint not null default 0 check (available >= 0),
    held bigint not null default 0 check (held >= 0),
    debt bigint not null default 0 check (debt >= 0),
    entries bigint not null default 0,
    next_expiry timestamptz,
    check (available = 0 or debt = 0)
) with (fillfactor = 60);

create index wallet_next_expiry on wallet (next_expiry) where next_expiry is not null;

create table entry (
    id uuid primary key,
    customer_id uuid not null,
    number bigint not null,
    kind text not null check (kind in ('earn', 'redeem', 'hold', 'capture', 'release', 'reverse', 'expire', 'grant',
        'adjust', 'reverse_redemption', 'transfer', 'borrow', 'give_back', 'repay', 'withdraw')),
    points bigint not null,
    available bigint not null,
    held bigint not null,
    debt bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    order_id uuid, case_id uuid, hold_id uuid, fact_id uuid, reverses uuid,
    reference text, reason text, actor text
);

create unique index entry_of_customer on entry (customer_id, number);

create unique index entry_grant_once on entry (fact_id) where kind = 'grant';

create table posting (
    entry_id uuid not null,
    account text not null check (account in ('available', 'held', 'debt', 'issued', 'redeemed', 'expired', 'adjusted',
        'transferred', 'lent')),
    customer_id uuid not null,
    points bigint not null check (points <> 0),
    primary key (entry_id, account)
);

create table lot (
    id uuid primary key,
    customer_id uuid not null,
    entry_id uuid not null,
    order_id uuid,
    earned_at timestamptz not null,
    expires_at timestamptz not null,
    points bigint not null check (points > 0),
    remaining bigint not null check (remaining >= 0),
    open boolean not null generated always as (remaining > 0) stored,
    expired bigint not null default 0 check (expired >= 0),
    check (remaining + expired <= points)
) with (fillfactor = 90);

create index lot_to_spend on lot (customer_id, expires_at, id) where open;

create table spent_lot (
    entry_id uuid not null,
    position int not null,
    lot_id uuid not null,
    points bigint not null check (points > 0),
    reversed bigint not null default 0 check (reversed between 0 and points),
    primary key (entry_id, position)
);

create table hold (
    id uuid primary key,
    customer_id uuid not null,
    points bigint not null check (points > 0),
    state text not null check (state in ('open', 'captured', 'released', 'expired')),
    captured bigint not null default 0 check (captured between 0 and points),
    placed_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    reference text,
    parts jsonb not null,
    check ((state = 'open') = (ended_at is null)),
    check ((state = 'captured') = (captured > 0))
);

create index hold_of_customer on hold (customer_id, id);

create index hold_open on hold (customer_id) where state = 'open';

create table borrowing (
    loan_id uuid not null,
    position int not null,
    lender_id uuid not null,
    borrower_id uuid not null,
    lender_lot uuid not null,
    borrower_lot uuid not null unique,
    points bigint not null check (points > 0),
    returned bigint not null default 0 check (returned between 0 and points),
    outstanding boolean not null generated always as (returned < points) stored,
    primary key (loan_id, position),
    check (lender_id <> borrower_id)
) with (fillfactor = 90);

create index borrowing_of_borrower on borrowing (borrower_id) where outstanding;

create index borrowing_of_lender on borrowing (lender_id) where outstanding;

create table order_points (
    order_id uuid primary key,
    customer_id uuid not null,
    placed_at timestamptz not null,
    recorded_at timestamptz not null,
    programme int not null,
    lines jsonb not null,
    posted bigint not null check (posted >= 0),
    lots uuid[] not null,
    reversed_by uuid[] not null
) with (fillfactor = 90);

create index order_points_of_customer on order_points (customer_id, placed_at);

create table tier_copy (
    customer_id uuid not null,
    effective_from timestamptz not null,
    tier text not null,
    primary key (customer_id, effective_from)
);

create table case_owner (
    case_id uuid primary key, customer_id uuid, step int not null default -1,
    check ((customer_id is null) = (step < 0))
);

create table settlement_move (
    resolution_id uuid not null, step int not null, case_id uuid not null, from_customer uuid not null,
    to_customer uuid not null, points bigint not null check (points > 0), withdrawn_by uuid, granted_by uuid,
    moved_at timestamptz not null, primary key (resolution_id, step), check (from_customer <> to_customer),
    check ((withdrawn_by is null) = (granted_by is null))
);

create index settlement_move_of_customer on settlement_move (from_customer);

create table unassigned_settlement (
    resolution_id uuid primary key,
    case_id uuid not null,
    points bigint not null check (points > 0),
    resolved_at timestamptz not null,
    granted_by uuid,
    approved_by uuid
);

create index unassigned_settlement_of_case on unassigned_settlement (case_id);

create table adjustment (
    id uuid primary key,
    customer_id uuid not null,
    points bigint not null check (points <> 0),
    reason text not null,
    state text not null check (state in ('pending', 'posted', 'rejected')),
    requested_by text not null,
    requested_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    entry_id uuid,
    kind text not null check (kind in ('adjustment', 'transfer', 'settlement')),
    to_customer uuid,
    case_id uuid,
    occurred_at timestamptz,
    requester_id uuid not null,
    counted_on date not null,
    alone boolean not null,
    limits_reached text[] not null,
    case_step int,
    check ((state = 'pending') = (decided_at is null)),
    check ((state = 'posted') = (entry_id is not null)),
    check (not alone or state = 'posted'),
    check ((kind = 'transfer') = (to_customer is not null)),
    check ((kind = 'settlement') = (case_id is not null) and (case_id is null) = (occurred_at is null))
);

create index adjustment_of_person on adjustment (requester_id, counted_on) where alone;

create index adjustment_to_customer on adjustment (to_customer, id) where to_customer is not null;

create index adjustment_of_case on adjustment (case_id) where case_id is not null;

create index adjustment_of_customer on adjustment (customer_id, id);

create index adjustment_pending on adjustment (id) where state = 'pending';

create table lot_extension (
    id uuid primary key,
    lot_id uuid not null,
    customer_id uuid not null,
    expired_at timestamptz not null,
    expires_at timestamptz not null,
    reason text not null,
    actor text not null,
    recorded_at timestamptz not null,
    check (expires_at > expired_at)
);

-- An entry's postings come in one statement, so a trigger a statement sees them whole; one a row would cost a multiple
-- on the batches of 500 orders.
create function refuse_unbalanced_entries() returns trigger language plpgsql as $$
begin
    if exists (select from written group by entry_id having sum(points) <> 0) then
        raise exception 'the postings of an entry must sum to zero' using errcode = 'check_violation';
    end if;
    return null;
end $$;

create trigger posting_balanced after insert on posting referencing new table as written
for each statement execute function refuse_unbalanced_entries();

-- What stays as it was written. Where rows live on, the columns that stay are named, so that others cost nothing.
create trigger entry_immutable before update or delete on entry
for each row execute function refuse_change('erase:reference', 'erase:reason');

create trigger posting_immutable before update or delete on posting
for each statement execute function refuse_change();

create trigger lot_stays before update of id, customer_id, entry_id, order_id, earned_at, points or delete on lot
for each row execute function refuse_change();

-- A lot lives longer when a person extends it, never shorter.
create trigger lot_ends_no_sooner before update of expires_at on lot
for each row when (new.expires_at < old.expires_at) execute function refuse_change();

create trigger lot_extension_stays before update or delete on lot_extension
for each row execute function refuse_change('erase:reason');

create trigger spent_lot_stays before update or delete on spent_lot
for each row execute function refuse_change('reversed');

create trigger hold_stays before update of id, customer_id, points, placed_at, expires_at, parts or delete
on hold for each row execute function refuse_change();

create trigger hold_reference_is_erased before update of reference on hold
for each row execute function refuse_change('erase:reference');

create trigger borrowing_stays before update or delete on borrowing
for each row execute function refuse_change('returned', 'outstanding');

create trigger hold_ends_once before update on hold
for each row when (old.state <> 'open') execute function refuse_change('erase:reference');

create trigger order_points_stay before update of order_id, customer_id, placed_at, recorded_at, programme or delete
on order_points for each row execute function refuse_change();

create trigger adjustment_stays before update or delete on adjustment
for each row execute function refuse_change('state', 'decided_by', 'decided_at', 'entry_id', 'erase:reason');

create trigger adjustment_is_decided_once before update on adjustment
for each row when (old.state <> 'pending') execute function refuse_change('erase:reason');

create trigger unassigned_settlement_stays before update or delete on unassigned_settlement
for each row execute function refuse_change();

-- Whose a case is changes with a later step of the case only.
create trigger case_owner_stays before update on case_owner
for each row when (old.customer_id is not null and old.customer_id is distinct from new.customer_id
                   and new.step <= old.step or new.step < old.step)
execute function refuse_change();

create trigger settlement_move_stays before update or delete on settlement_move
for each row execute function refuse_change();

create trigger wallet_stays before update of customer_id or delete on wallet
for each row execute function refuse_change();
