"""Simulations, back-tests, reviews with two times (T9, T10)."""

from alembic import op

revision = "2026_11_22_3_simulations"
down_revision = "2026_11_22_2_policies"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Two times (T10): when the newest fact was recorded that a sum, a standing, a row of the history stands on.
    "alter table indicator_month add recorded_at timestamptz",
    """update indicator_month m set recorded_at = greatest(
           (select max(recorded_at) from order_fact o where o.customer_id = m.customer_id and o.month = m.month),
           (select max(c.recorded_at) from order_change c left join order_fact o using (customer_id, order_id)
            where c.customer_id = m.customer_id and m.month in (c.month, o.month)),
           to_timestamp(0))""",
    "alter table indicator_month alter recorded_at set not null",
    "alter table tier_history add told_at timestamptz, add superseded_told_at timestamptz",
    "update tier_history set told_at = recorded_at, superseded_told_at = superseded_at",
    "alter table tier_history alter told_at set not null",
    "create index tier_history_began on tier_history using brin ((lower(effective)))",
    "alter table standing add recovered_at timestamptz, add told_at timestamptz",
    "update standing s set told_at = h.told_at from tier_history h where h.id = s.row_id",
    """create table tier_watch (
           watch_id bigint generated always as identity primary key,
           customer_id uuid not null references standing,
           row_id uuid not null,
           below_since timestamptz not null,
           grace_until timestamptz not null,
           told_at timestamptz not null,
           recovered_at timestamptz,
           recovered_told_at timestamptz,
           check ((recovered_at is null) = (recovered_told_at is null))
       )""",
    "create unique index tier_watch_one_on on tier_watch (row_id) where recovered_told_at is null",
    "create index tier_watch_of_row on tier_watch (row_id)",
    """insert into tier_watch (customer_id, row_id, below_since, grace_until, told_at)
       select s.customer_id, s.row_id, s.below_since, s.grace_until, greatest(s.told_at, r.finished_at)
       from standing s left join lateral (
           select max(finished_at) as finished_at from evaluation_run where status = 'applied' and as_of = s.below_since
       ) r on true where s.below_since is not null""",
    # Runs: reviews and simulations alike, as known at an instant.
    """alter table evaluation_run
           add kind text not null default 'review' check (kind in ('review', 'simulation')),
           add known_at timestamptz,
           add policy_asked boolean not null default false,
           add applied jsonb not null default '{}',
           add costs jsonb,
           add expected int,
           add cancelled_by text,
           drop constraint evaluation_run_status_check,
           add constraint evaluation_run_status_check check (
               status in ('collecting', 'waiting', 'measuring', 'running', 'applied', 'simulated', 'cancelled'))""",
    "update evaluation_run set known_at = started_at",
    "create index evaluation_simulated on evaluation_run (policy_id, policy_version) where status = 'simulated'",
    "alter table evaluation_mover add applied boolean not null default false",
    """update evaluation_mover m set applied = true from evaluation_run r
       where r.run_id = m.run_id and r.status = 'applied'""",
    """create table evaluation_value (
           run_id uuid not null references evaluation_run on delete cascade,
           after text not null,
           measured numeric[] not null,
           primary key (run_id, after)
       )""",
    """create table evaluation_cell (
           run_id uuid not null references evaluation_run on delete cascade,
           from_tier text not null,
           to_tier text not null,
           customers int not null,
           revenue numeric(24, 4) not null,
           profit numeric(24, 4),
           profit_known_for numeric(24, 4) not null,
           primary key (run_id, from_tier, to_tier)
       )""",
    """create table back_test (
           back_test_id uuid primary key,
           policy_id uuid not null,
           policy_version int not null,
           first_month date not null,
           last_month date not null check (last_month >= first_month),
           known text not null check (known in ('then', 'now')),
           known_at timestamptz not null,
           status text not null check (status in ('waiting', 'measuring', 'running', 'finished', 'cancelled')),
           cutoffs jsonb,
           cursor uuid,
           customers int not null default 0,
           expected int,
           requested_by text not null,
           requested_at timestamptz not null,
           started_at timestamptz,
           finished_at timestamptz,
           cancelled_by text,
           foreign key (policy_id, policy_version) references tier_policy
       )""",
    "create index back_test_unfinished on back_test (requested_at) where finished_at is null",
    """create table back_test_value (
           back_test_id uuid not null references back_test on delete cascade,
           month date not null,
           after text not null,
           measured numeric[] not null,
           primary key (back_test_id, month, after)
       )""",
    """create table back_test_cell (
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
       )""",
    """create table back_test_mover (
           back_test_id uuid not null references back_test on delete cascade,
           month date not null,
           customer_id uuid not null,
           outcome text not null check (outcome in ('placed', 'up', 'down', 'grace')),
           from_tier text,
           to_tier text not null,
           moved_back_in date,
           primary key (back_test_id, month, customer_id)
       )""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
