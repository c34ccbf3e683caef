"""Person exports: what all services hold of a customer, as one JSON document for the person (P13).

Owns: `person_export`, a request of somebody, and `person_export_part`, pages of what a service told, until they are
fetched.

Does not own: what a service holds (its own `personal_data.py` says so), nor the erasing of it.

Invariants
- A document is fetched once, by who asked for it; for anybody else it is not there (404). It expires after a day.
- What is fetched, expired, or of an erased customer is deleted.
- All members of a merged customer are in it, each under its id.

Time: a service is asked while the job runs, so two parts may be some seconds apart; each row says when it was written.

Why it is right: a page and the place of the next one are kept in one transaction, so an export that was killed goes on
with the next page and has none twice.
"""
