"""Remedies: what may be offered to settle a case, and how much of it by whom (C2, C5).

Owns: a proposal (points and an amount) with the customer's answer to it, and the authority rules, a rule set: the most
a role may propose at once without asking.

Does not own: when in its path a case may have a proposal or an answer (the area `cases`); the points themselves, which
the loyalty service grants when it hears that the case was resolved.

Invariants: a case has at most one proposal without an answer. A proposal above the authority of the widest of one's
roles is refused (`above_authority`) before anything else happens; a role that is not named may grant nothing. What was
proposed never changes; only its answer is added.

Time: a proposal counts from the instant it was made; until it is answered the deadlines of its case stand still. The
authority in force when it is entered decides, also for one that is reported after the fact.

Why it is right: the check is a pure function of what is proposed, who proposes and the limits in force; that
two proposals wait at once is refused by a unique index.
"""
