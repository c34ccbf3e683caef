"""Ledger: every point a customer has, and every movement of points there ever was (L1).

Owns the wallets (available, held and owed points), the entries with their postings, the lots points lie in, which lots
each redemption consumed, and the holds. `domain/wallet.py` is the one way points move: it is loaded, asked, and saved
with all its entries in one statement.

Does not own why points move: earning, settlements, redemptions, adjustments and expiry decide that and ask the wallet.

One customer out of two (P12): wallets stay apart and are read together. Whoever spends takes the points of the wallet
it names, then those of the other members by expiry: they are *borrowed*, by a pair of entries of the lender and of the
borrower, and each lot is remembered (`borrowing`). What is not spent after all goes back to the lender's own lots.
While the two are one nothing is owed; undoing the merge makes what is outstanding a debt between them, which whatever
the borrower earns next repays. Nothing is posted when a merge or its undoing is heard, so their order does not matter.

Invariants, checked by the domain, by the database and by the tests after each step:
- An entry's postings sum to zero, and so do those of all entries: points come from somewhere and go somewhere.
- Entries and postings are immutable; the entries of a customer are numbered 1, 2, 3 ... without gaps.
- No balance is below zero; available and debt are never both above zero: what comes in pays the debt first (K9).
- What was lent and what was borrowed sum to zero, loan by loan, and are what `borrowing` says is outstanding.
- Available is what remains in the lots; held is what the open holds set aside.

Time: an entry says when what it records happened (`occurred_at`) and when it was written (`recorded_at`). A lot is over
at its `expires_at`, also while the job that expires it has not run: before points are spent, overdue lots expire.

Why it is right: a customer's wallet is locked first, always in the order of ids, together with those of all who
are or ever were one with the customer, so movements of one customer are one after the other and no two transactions
wait for each other; a test lets random movements run against a model in which every single point is an object.
"""
