"""Authority: what a person may give away alone, counted together, and who is another person (C5, L1).

Owns the arithmetic that complaint (settlements) and loyalty (adjustments, transfers, settlements) have in common: sums
of points and money, limits, which of them a gift would go beyond, and whether two subjects are two people.

Does not own what is counted (each service sums its own rows), the figures (rule sets: authority rules, programme), nor
what happens above a limit (it waits for another person's approval).

Invariants: what went without a second person's approval is summed up by its absolute value, so that a debit does not
make room for a credit; sums are read while nobody else changes them (`locks`); whoever asked never approves, under
whatever role or spelling of the subject.

Time: days are those of the business zone, and of the recording: a step that is reported for an earlier day counts on
the day it is reported, or else a limit of a day could be spread over days that are over.

Why it is right: a hypothesis machine takes any persons, cases, customers and days, and an oracle of its own adds up
what moved without a second approval.
"""

from shared.authority.limits import NOTHING, CountedPer, Gift, Limit, limits_reached, widest
from shared.authority.people import check_another_person, is_same_person, person_id

__all__ = [
    "NOTHING",
    "CountedPer",
    "Gift",
    "Limit",
    "check_another_person",
    "is_same_person",
    "limits_reached",
    "person_id",
    "widest",
]
