"""Key accounts, exclusions and risk flags (T8): which customers get the most attention, which none, and what threatens.

Owns: nominations and who decided them; the times in which a customer is a key account (economic, important, group,
strategic) or excluded, that is, not served; risk flags; the rules about them as one document in versions:
which customers are disqualified, which risks are flagged, who is a candidate.

Does not own: the indicators those rules read (`indicators`), group trees and account teams (profile), tiers. Patron
refuses no order of an excluded customer by itself: the exclusion is announced, and whoever takes orders can refuse.

What holds: one person nominates, another decides. A customer is in one class at a time, and its times never overlap
(a constraint holds it, too). What the nominator said, and the figures of that instant, are kept and never computed
again. A rule is met, not met, or not known: nobody is disqualified or flagged for what nobody knows.

Time: a class holds from the instant it is approved until the instant it ends, half open; `at` and `as_of` ask for any
past instant. A class that another follows ends where that begins. A flag that a rule raised goes when its cause is
gone; one that a person set goes at its end.

Why it is right: decisions are pure functions of a locked customer's situation (`domain/key_account.py`), run through by
a state machine test; verify holds that an approved nomination stands behind each class, and that each was announced.
"""
