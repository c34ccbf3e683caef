"""Reviews, simulations and back-tests (T9, T10): everybody against a policy, as of a date; applied, tried, or replayed.

Owns: review runs and simulations (one table of runs: a simulation is a review without effect), who moved in them, their
cut-offs and cells; back-tests, which replay a policy over past month-ends.

Does not own: policies and how they grade (`policies`), standings and what takes effect on them (`tiers`), indicators.
Reviews lower tiers, and nothing else here changes a customer.

What holds: a run decides by its policy, `as_of` and `known_at` alone, so that asked again, whatever has come in since,
it lists exactly the same movers; a simulated list is that of the later review. A rise is at once, a fall only after the
grace period. What takes effect follows from all facts there are: the review has its place in every customer's life,
and is not applied only where that gives another outcome. A review before the last applied one, or by a policy that is
not in force, only simulates. Cut-offs of a policy of shares are found in the population of the run and kept with it.

Time: `as_of` is the date that is decided for; `known_at` settles what counts, when the run begins unless it is asked
for. A run waits until this service has received everything that intake had accepted by then. Back-tests ask at each
month's last instant in the business zone, by what was known then or is known now; in between, orders place and raise
at once as they do in earnest.

Why it is right: runs are steps of a job that a crash can interrupt anywhere, while orders arrive; brute force on
a year of real purchases finds the same movers, stars and classes; a property test holds the set-based screening against
the decision.
"""
