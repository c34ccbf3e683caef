"""How likely a customer's loss is, and what is at stake (T12): a small calibrated model, with the reasons.

A *loss* is what a back-test of warning rules counts as one (`back_test.LossDefinition`): revenue a day over the next
three months at least 50 percent below that of the three months before. The model is a logistic regression on what the
customer's own months say (`features`), held small by a penalty, and calibrated on customers that it was not fitted to
(`model`). It is fitted each month to the operator's own history, from month's ends whose outcome was known by then;
where that is too short, or no better, the model that Patron comes with is used (`prior`), and says so.

`reliability` measures it: what was predicted against what was observed, and how good its first so many are beside those
of a plain ranking. `forecast` joins it with the value at stake.

Floats live in here only; what leaves are decimals. A likelihood that is not known is None, never 0.
"""
