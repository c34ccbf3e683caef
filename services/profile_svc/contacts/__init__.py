"""Contacts: the contact log, who spoke with a customer, when, by which channel, and what was agreed (P6).

Owns: `contact_log`, entries with at most one next step each: what, until which day, and which employee owes it.

Does not own: calls as the exchange reports them (calls), nor cases (complaint).

Invariants: an entry is never changed; only its next step is completed, once. A next step is due on the day of the
contact or later, and is done after the contact. What was said is free text: it stays here and is in no event
(`ContactLogged` carries codes and days). It is the company's own: a partner does not see it.

Time: `contacted_at` is when it was, `recorded_at` when it was entered; who travels enters the visits of a fortnight,
older ones need the scope `history`. Days are days in the business's time zone.
"""
