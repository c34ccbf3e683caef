"""The access trail: in each service a line for every read and write of personal data, chained so that tampering shows.

A line says who (`actor`), whom (`customer_id`, or a `subject` such as `case:<id>`), what kind of content (`fields`,
where it was not all), and why (`action`, the step that was taken, and `purpose`, which callers may say in the header
`Patron-Purpose`). It holds no personal data, so it outlives an erasure. Lines are added in the transaction of the read
or the change itself: there is no access without its line, and none of a change that was rolled back.

    await add_access(tx, actor, "read_contact_log", [customer_id])

Routes below `/customers/{customer_id}` that take the customer from `visible_customer_in_path` leave their line by that.
Lines are added, never changed or removed, which the database refuses. A sealer in each service chains those that have
settled: the digest of a seal is over the one before it and over its lines. It is announced (`AccessTrailSealed` of each
owner) and logged, so that a tail that is cut off shows, too: whoever rewrites a database does not rewrite those.
`patron verify` recomputes the chain; `GET /v1/audit` of a service reads it, the gateway's `GET /v1/audit` those of all
services.
"""

from shared.chassis.audit.trail import add_access, name_in_trail

__all__ = ["add_access", "name_in_trail"]
