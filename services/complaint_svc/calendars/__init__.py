"""Calendars: working time. When the business is open, and at which instant so many hours of work are done (C3).

Owns: the arithmetic of working time, opening hours as people write them, the public holidays and make-up working days
of a country, and the calendar rules: a rule set that says which hours, whose holidays, and which days are otherwise,
for everyone and for tiers, regions and tiers in regions.

Does not own: how much time anything is given, nor any due date: the area `deadlines`. Nor the business zone, which is
fixed at the deployment's first start.

Invariants: the weekly opening hours hold; over them what the country publishes; over that the special days. Each of the
three is taken whole from the first that says it: the tier in the region, the tier, the region, everyone. The openings
of a day follow each other without overlap. A calendar that never opens, or not in a whole year, is refused for whomever
it would be so, instead of searched for ever; so is a tier or a region that nobody knows. Where a year's make-up days
are not published yet, each of its days says so.

Time: local clocks say when the door opens, all sums are made on UTC. An opening begins at the first instant the local
clock shows its hour, or is past it when a change of the clocks jumps over it. So a day of 23 or 25 hours counts what
the door was really open. A full day's work ends with that day, not with the next morning (K3).

Why it is right: the due date is compared with an oracle that looks at the clock on the wall once a minute, in four
time zones and across changes of the clocks; K1, K2, K3 and K12 are golden cases. A version of the rules counts for what
is computed while it is in force; promises made before are kept by `deadlines`, each with the version it was counted by.
"""
