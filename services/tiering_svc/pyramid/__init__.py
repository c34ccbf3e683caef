"""The pyramid (T7) and composition (T14): what each level of customers is, brings and buys, and who moved between them.

Owns: the targets of what share of the revenue each level shall bring, as a document in versions. Everything else here
is read from what other areas keep; nothing is written.

Does not own: levels and who stands in them (`policies`, `tiers`), orders and their mixes (`indicators`), reviews.

What holds: every customer that has a tier is in one level, so levels add up to the whole. Revenue is net of what came
back. Profit is that of the part of the revenue whose costs are known, and says how much that is. A correction says
where a customer was all along: it is no movement. Movers are counted by where they stand at the two ends of a time,
whatever happened in between. A mark is what customers of a level have more often than everybody else: its lift has an
interval, and without 1 in it the difference is not chance alone.

Time: `as_of` is when, `known_at` as known when; without `known_at` sums of whole months are used, with it the facts
that had been recorded. Windows are calendar months of the business zone; the last is that of `as_of`,
as far as it had come: so pyramid and composition have the same revenue for the same instants.

Why it is right: the pyramid, its movers and the product mix are held against a count by hand, and against pandas, on a
year of real purchases; lift against counting.
"""
