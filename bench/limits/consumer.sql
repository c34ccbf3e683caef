-- The limit consumer's three statements: the marks; the facts with their months and the standings; the tiers that moved,
-- in the history (what was open ends) and with their events.
insert into stream_seen (topic, key, epoch, last_seq, last_event_id)
    select 'patron.intake', k, $4, s, e from unnest($1::text[], $2::bigint[], $3::uuid[]) as a(k, s, e)
    on conflict (topic, key) do update set last_seq = excluded.last_seq, last_event_id = excluded.last_event_id;
with f as (
    insert into order_fact (customer_id, placed_at, order_id, month, amount, margin, quantity, recorded_at, mix)
    select c, p::timestamptz, o, (left(p, 7) || '-01')::date, a, m, q, now(), x from unnest($1::uuid[], $2::text[],
    $3::uuid[], $4::numeric[], $5::numeric[], $6::bigint[], $7::text[]) as f(c, p, o, a, m, q, x) returning *), s as (
    insert into standing (customer_id, tier, rank, since, row_id, kind, policy_id, policy_version, ladder, known_from,
    first_known, folded_until, decided_until) select c, t, r, p::timestamptz, i, 'upgrade', i, 1, 'basic<silver<gold<platinum', now(),
    now(), now(), now() from unnest($8::uuid[], $9::text[], $10::int[], $11::text[], $12::uuid[]) as s(c, t, r, p, i)
    on conflict (customer_id) do update set tier = excluded.tier, rank = excluded.rank, row_id = excluded.row_id,
    since = excluded.since, known_from = excluded.known_from, folded_until = excluded.folded_until)
    insert into indicator_month as i (customer_id, month, orders, amount, margin, margin_known_amount, largest_order,
    first_order_at, last_order_at, recorded_at) select customer_id, month, count(*), sum(amount), sum(margin), sum(amount),
    max(amount), min(placed_at), max(placed_at), now() from f group by 1, 2 on conflict (customer_id, month) do
    update set orders = i.orders + excluded.orders, amount = i.amount + excluded.amount, margin = i.margin + excluded.margin,
    margin_known_amount = i.margin_known_amount + excluded.margin_known_amount, last_order_at = excluded.last_order_at,
    largest_order = greatest(i.largest_order, excluded.largest_order), recorded_at = excluded.recorded_at;
update tier_history h set effective = tstzrange(lower(h.effective), e::timestamptz)
    from unnest($1::uuid[], $2::text[]) as a(i, e) where h.id = a.i;
with up as (select * from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::uuid[], $7::uuid[])
    with ordinality as u(c, t, r, p, until, i, e, n)), last as (select distinct on (c) * from up order by c, n desc), k as (
    insert into stream_head as h (topic, key, seq, last_event_id, changed_at) select 'patron.tiering', c::text, 1, e, now()
    from last on conflict (topic, key) do update set seq = h.seq + 1, last_event_id = excluded.last_event_id), t as (
    insert into tier_history (id, customer_id, previous_tier, tier, rank, kind, effective, recorded_at, known_from, policy_id,
    policy_version, reasons) select i, c, t, t, r, 'upgrade', tstzrange(p::timestamptz, until::timestamptz), now(), now(), i, 1,
    jsonb_build_object('why', repeat('x', 530)) from up), o as (
    insert into outbox (recorded_at, event_id, topic, key, seq, type, payload, digest, occurred_at, shard)
    select now(), e, 'patron.tiering', c::text, r + 1, 'tiering.tier_changed.v1', repeat('x', 720), uuid_send(i), p::timestamptz, 0
    from last returning position, recorded_at, shard) insert into outbox_unsent select * from o
