"""consents: for what, and by which channel, a customer allows to be written or called to (P13).

Owns: `consent`, every statement a customer made: for a purpose and a channel, or for `any` of them, allowed or
forbidden, since when, how it was given (`origin`) and who recorded it. The event `ConsentChanged`.

Does not own: messages, nor who sends them; they ask (`load_decision`) before each one.

Invariants: statements are added, never changed or removed, so what was allowed at a past instant can always be shown;
withdrawing is a statement too. Of the statements that cover a purpose and a channel the last one holds. Without one
the purposes of the setting `consents_by_default` are allowed (what a contract needs), all others are not. Purposes and
channels are codes; no free text is kept. A contact of a customer (whom a case names) speaks for itself alone, and the
customer not for it.

Time: `changed_at` is when the customer said so, `recorded_at` when it was entered. Both can be asked about: what was
allowed `as_of` an instant, as it was `known_at` another. A day back is anybody's to enter, further back needs the scope
`history`.

Why it is right: who records a statement holds the file's lock, so two statements of one instant have an order; of
customers that are one, each one's statements count for all, since it is one person who made them.
"""
