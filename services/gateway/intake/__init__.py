"""intake: orders, and what becomes of them: returns, cancellation, deliveries. The hot path of the system.

Owns: `customer_order`, `reversal`, `delivery`; the events `OrderPlaced`, `OrderReturned`, `OrderCancelled`,
`OrderDelivered`.

Does not own: what an order is worth to anybody (tiering, loyalty), money owed for it (`receivables`).

Invariants
- An order is accepted once per (source, order_id); sent again with the same content it gets the same answer, with
  other content 409. "Accepted" is answered after the commit and means durable.
- An order never changes. All pieces taken back of a line never exceed it and together give exactly the line (K4).
- A refused order leaves no trace: no row, no event, no customer.
- Row, event and reference of an order are one transaction.

Time: `placed_at`, `returned_at` … are the source's; `recorded_at` is the commit's. What is sent again is answered as
before, whatever rule of time has come to bite since.

Why it is right: the fast parser and the exact path come to the same `OrderContent`, compared by property tests on
hostile bodies; groups are decided by one pure fold (`accept_orders`) and raced by two writers in tests; histories are
compared with a bookkeeper's.
"""
