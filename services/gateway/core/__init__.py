"""core: what every report from outside is held to, whichever area takes it in.

Owns: the accounting currency and its decimals, when something reported may have happened, shares of an amount that
add up exactly, the fingerprint that tells a repeated report from another one, the tables' metadata.

Does not own: any table, any route, any report.

Invariants
- One accounting currency a deployment; amounts have its decimals and stay below 10^13, so that sums of a customer's
  whole life fit `numeric(24, 4)`.
- A report lies between 1970 and now + 5 minutes; older than `backdating_days` needs the scope `history`.
- Shares are taken cumulatively and rounded half-even: all shares of an amount together are exactly the amount.
- A fingerprint depends on content, not on spelling: 10, 10.0 and 10.00 are one amount.

Time: an instant is when something happened, as the source says; a day is judged by the calendar of the business.

Why it is right: the rules are pure functions of (report, now), tested at their borders; a digest is SHA-256.
"""
