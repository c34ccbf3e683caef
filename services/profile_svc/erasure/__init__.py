"""Erasure: the personal data of a customer, or of a person at its account, is erased everywhere (P13).

Owns: `erasure` (who asked for it, why, when it ended) and `erasure_receipt` (which service told that it erased, and in
which stores there was something); the event `ErasureRequested`, and profile's own `ProfileDataErased`.

Does not own: how a service erases (`shared.erasure`, by each service's `personal_data.py`), nor what others hold.

Invariants
- An erasure can not be undone. It is asked for by one person, who needs `privacy:write` (heads, admins), with a reason
  that is a code. It needs no second person: the law sets a term of weeks in which nobody may be missing, what the
  business counts by (amounts, points, tiers) stays, and each request is in the access trail.
- All members of a merged customer are erased together. Open cases stand in the way (409 `open_cases`): somebody still
  has to be answered, and how to reach them would be gone. Money owed, points held and an account team do not: money is
  paid by the receivable's id, holds end by their term, the team is released.
- From the request on the customer is not found. Whose reference it was opens a new customer the next time.
- An erasure has ended when all five services have told so for each member; then what identified a person who is no
  customer is forgotten as well.
- A receipt of an erasure that profile does not know (its database came back from a backup) begins it anew.

Time: `requested_at` is when it was asked for, `finished_at` when the last receipt came.

Why it is right: the request, its marks and its events are one transaction; each service's mark, erasing and receipt are
steps of one job that goes on where it was killed; receipts are kept by (erasure, customer, service), so that one that
comes twice counts once.
"""
