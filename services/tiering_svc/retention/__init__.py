"""Retention (T13): who stays and who is lost, what that costs, and what each customer is expected to bring.

Owns: the rules of when a customer is dormant and when it is lost (`churn-rules`), one document in versions that stages
(`monitoring`), retention and assessments (`service_quality`) read alike; what winning and keeping customers cost by
month and channel, as people report; runs of expected lifetime value with the parameters they found and the values.

Does not own: orders and their sums (`indicators`), which it reads; tiers, by which rates can be split; the
assessment of account managers, who answer for lost customers (`service_quality`).

What holds: rates are counts of customers with orders of which something is left; a customer that bought nothing is in
no figure. Profit is shown only of what costs are known of, with how much that is. A cost reported again replaces the
earlier word, which is kept. A value is finite or not known, never "not a number"; a run that was cancelled is nobody's
value.

Time: months and quarters are those of the business zone. `as_of` is up to when orders count, `known_at` up to when they
had been recorded, so that an earlier report can be made again. A customer is lost from the instant its silence exceeds
its limit, and is lost no longer when it orders again. Models count purchase days in weeks since the first.

Why it is right: rates, cohorts and the lost are held against pandas on a year of real purchases; the models find the
published parameters of CDNOW (Fader, Hardie and Lee 2005; Fader and Hardie 2013) and agree with numerical integration.
"""
