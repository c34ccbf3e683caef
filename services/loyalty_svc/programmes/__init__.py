"""Programmes: how many points an amount earns, and for how long they can be used (L2).

Owns the versions of the programme: base rate, multipliers by tier, factors and bonuses by category, lifetime in months.

Does not own what an order earned; that is earning's, which keeps with each order the version it was recorded under.

The lives of versions (draft, approved by another person, active, retired) are those of every rule set.

Invariants: a version never changes what it says; one version is in force at any instant, the next begins where it ends,
and none begins in the past, so no order that was placed already can change its worth. All factors together give at most
10,000 points per 1.00, so that a balance always fits its column.

Time: an order falls under the version in force when it was placed. Months are those of the business time zone, which is
fixed at the deployment's first start: points earned on the 31st end on a month's last day, at the same local hour.

Why it is right: a document is read as a whole and checked when it is written; rounding happens in one place (`whole`,
half to even), after every factor.
"""
