"""Remedies: what may be offered to settle a case, and how much of it by whom (C2, C5).

Owns: a proposal (points and an amount) with the customer's answer to it; what is to be proposed beyond one's limits and
waits for another person's approval; and the authority rules, a rule set: what a role may give without asking.

Does not own: when in its path a case may have a proposal or an answer (the area `cases`); the points themselves, which
the loyalty service grants when it hears that the case was resolved.

Invariants: a case has at most one proposal without an answer, and at most one that waits for approval. What was given
without another person's approval is counted together: in a case over all its rounds, to a customer within some days, by
a person on a business day; no sum goes beyond the limit of whoever gives (the widest of its roles; a role that is not
named may give nothing). Beyond it, a person who proposed nothing in the case and may approve so much approves. What was
proposed never changes; only its answer is added, and what the customer refused counts no more.

Time: a proposal counts on the business day it is entered, also one that is reported after the fact, by the rules in
force then; until it is answered the deadlines of its case stand still. While it waits for approval they run.

Why it is right: the sums are of the proposals themselves, read under locks of the case, the customer and the person, so
two at once never both pass; the check is a pure function of them. A machine tries any persons, cases, customers and
days against sums of its own.
"""
