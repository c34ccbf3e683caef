"""Erasing what is known of a person, and telling a person what is known (P13): the same in every service.

Each service has one table in code, `personal_data.py`: for every table of its database which rows are about a customer,
which of their columns may hold something personal and what becomes of it, and which hold codes, ids and digests alone.
One job erases by it, one route exports by it, `patron verify` looks by it for what was left, and a test holds it
against the real schema, so that no column of text or bytes is without an answer.

    erasure = Erasure(PERSONAL_DATA, TieringDataErased)                        # subscriptions.py
    subscriptions.on(ErasureRequested, erasure.when_erasures_are_requested_begin_them)
    jobs = Jobs({"erasure": erasure.job_kind, "late_erasure": erasure.sweep_kind, ...})

Invariants
- Facts without a person stay under the customer's id (amounts, points, codes, instants): the books still add up. Rows
  that never change may be erased in the columns that their trigger names (`refuse_change('erase:note')`), and in no
  other way; text that is wholly somebody's own words is deleted with its row.
- An erasure is a mark first, in a transaction of its own: from then on the customer is not found for anybody. Erasing
  begins when every transaction that is older than the mark has ended, so that none of them can write afterwards.
- A step erases a batch and keeps its place in the same transaction: killed anywhere, it goes on there; done twice, the
  second finds nothing. The receipt is announced with the last step, once.
- The mark stays. What is written of the customer later, or comes back with a backup, is erased by the next sweep.

Time: `requested_at` is when the erasure was asked for, `erased_at` when this service had nothing left.
"""

from shared.erasure.declaration import Apart, PersonalData, Rows, emptied, nulled, without_words
from shared.erasure.erased_customers import is_erased, list_erased, mark_erased, without_erased
from shared.erasure.erasing import Erasure, begin_erasures
from shared.erasure.tables import erased_customer

__all__ = [
    "Apart",
    "Erasure",
    "PersonalData",
    "Rows",
    "begin_erasures",
    "emptied",
    "erased_customer",
    "is_erased",
    "list_erased",
    "mark_erased",
    "nulled",
    "without_erased",
    "without_words",
]
