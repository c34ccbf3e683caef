"""Overview: everything about a customer in one answer (G3), from one row that is kept from all services' events.

Owns: `overview`, one row a customer: orders, returns, points, tier, cases, receivables, warnings; and the copies it is
counted from where a sum does not do: `case_copy` and `receivable_copy`.

Does not own: any of these facts. Where the owner says something else, the owner is right.

Invariants: any order of topics and any split into batches gives the same row. Orders, returns and deliveries are sums
and extremes. A tier, a balance, a warning is what its last event says, for facts of one key come in order. A case's
facts may come under two keys, so its copy keeps latest instants only, and open and overdue are counted from those.
A row is locked before anything is counted into it, all rows of a batch in the order of their ids.

Time: instants are those of the facts; `updated_at` is when the row last changed. A stage of a case is overdue from the
breach of its deadline until it is done; a reopened case begins a new round, of which earlier instants say nothing.

Why it is right: it answers when every other service is down, in one statement that also leaves the line in the access
trail: a ringing telephone waits for it.
"""
