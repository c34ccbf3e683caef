"""Cases: complaints, suggestions, praise, consultations and repairs, from filing to closing (C1, C2, C3).

Owns: a case, the path of its steps, its history, what was written when it was filed (the story), its escalations, and
the timers of its deadlines.

Does not own: how a deadline is counted (`deadlines`), what may be offered (`remedies`), who the customer is.

Invariants: what is not in the table of legal steps (`PATH`) is refused with those that may come. Every step is one
line of history, with who and when, and is never changed; only its note can be erased. Steps are in the order of their
instants. A closed case owes nothing. A neglected case is escalated level by level, each once. What people wrote and
how to reach them stands in rows that can be erased, and in no event. A partner sees and answers its own cases; only
the business's own people work them, and their notes are not for partners.

Time: every step first lets the time up to its instant pass: warnings, breaches and escalations happen at the instants
they were due, in that order, whenever somebody looked. A step may be reported after the fact; then the case is judged
by the instants reported, and its timers wait a grace until the story has been told. What has fired stays.

Why it is right: a step is a pure decision, (case, request, terms) -> (case, events), taken
under the case's lock.
A state machine takes any steps at any times and finds a legal history and each deadline ended once; late timers give
the same facts as punctual ones; and what the database holds is compared with what the rules decided.
"""
