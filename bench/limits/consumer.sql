-- The limit consumer's three statements: the marks; the facts with their months; the tiers that moved, with their events.
insert into stream_seen (topic, key, last_seq) select 'patron.intake', * from unnest($1::text[], $2::bigint[])
    on conflict (topic, key) do update set last_seq = excluded.last_seq;
with f as (
    insert into order_fact (customer_id, placed_at, order_id, month, amount, margin, quantity, recorded_at)
    select c, p::timestamptz, o, (left(p, 7) || '-01')::date, a, m, q, now() from unnest($1::uuid[], $2::text[],
    $3::uuid[], $4::numeric[], $5::numeric[], $6::bigint[]) as f(c, p, o, a, m, q) returning *)
    insert into indicator_month as i (customer_id, month, orders, amount, margin, recorded_at)
    select customer_id, month, count(*), sum(amount), sum(margin), now() from f group by 1, 2 on conflict (customer_id, month) do
    update set orders = i.orders + excluded.orders, amount = i.amount + excluded.amount, margin = i.margin + excluded.margin;
with up as (select * from unnest($1::uuid[], $2::int[], $3::uuid[]) as u(c, r, i)), s as (
    insert into standing (customer_id, tier, rank, since, row_id) select c, 'tier', r, now(), i from up
    on conflict (customer_id) do update set rank = excluded.rank, row_id = excluded.row_id, since = excluded.since), h as (
    insert into stream_head as h (topic, key, seq, last_event_id, changed_at) select 'patron.tiering', c::text, 1, i, now()
    from up on conflict (topic, key) do update set seq = h.seq + 1, last_event_id = excluded.last_event_id), t as (
    insert into tier_history (id, customer_id, tier, rank, kind, effective, recorded_at, known_from, superseded_at, policy_id,
    policy_version, reasons) select i, c, 't', r, 'upgrade', tstzrange(now(), null), now(), now(), now(), i,
    1, '{}' from up) insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard)
    select now(), i, 'patron.tiering', c::text, r + 1, 'tiering.tier_changed.v1', '{}', uuid_send(i), now(), 0 from up
