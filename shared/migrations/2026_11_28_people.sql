-- What a service's database knows of units, employees, account teams, and of which sources know a customer.

create table customer_source (customer_id uuid not null, source text not null, primary key (customer_id, source));

create table account_team (
    assignment_id uuid primary key, customer_id uuid not null, employee_id text not null, role text not null,
    assigned_at timestamptz not null, released_at timestamptz, recorded_at timestamptz not null
);

create index account_team_of on account_team (customer_id, assigned_at);

create index account_team_employee on account_team (employee_id);

create table unit_copy (unit text primary key, parent text, is_closed boolean not null);

create index unit_copy_parent on unit_copy (parent);

create table employee_copy (
    employee_id text primary key, unit text, absent_from timestamptz, absent_until timestamptz, deputy_id text,
    left_at timestamptz
);

create index employee_copy_unit on employee_copy (unit);

create index employee_copy_deputy on employee_copy (deputy_id);

create table employee_centre (
    employee_id text not null, changed_at timestamptz not null, centre text, primary key (employee_id, changed_at)
);

create table employee_absence (
    employee_id text not null, changed_at timestamptz not null, absent_from timestamptz, absent_until timestamptz,
    deputy_id text, primary key (employee_id, changed_at)
);
