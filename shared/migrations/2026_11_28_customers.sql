-- What every service's database knows of which customers are one.

create table customer_merge (
    merge_id uuid primary key, absorbed_id uuid not null, root_id uuid not null, merged_at timestamptz not null,
    unmerged_at timestamptz, recorded_at timestamptz not null,
    check (absorbed_id <> root_id), check (unmerged_at >= merged_at)
);

create index customer_merge_absorbed on customer_merge (absorbed_id);

create index customer_merge_root on customer_merge (root_id);
