"""Monitoring (T11, T12): customers that need attention, and where each is in its life with the company.

Owns: early warnings, about customers, classes of them and product lines, and what people did about them; the rules
they follow from, in versions; sweeps, which try all rules on everybody; back-tests of a rule on the operator's own
history; each customer's stage and the relationship type it calls for, with their rules.

Does not own: the facts (`indicators`), which it reads by month; from which silence on a customer is dormant or lost
(`retention`); tiers and their sizes (`tiers`); reviews, which sweeps
follow (`reviews`); the risk flags of key accounts (`key_accounts`). It moves nobody: a warning is for a person to read.

What holds: a customer, class or product line has one lasting warning of a cause; whose it is follows from the account
teams and absences of the instant asked for, so nothing is handed over. A sweep repeated changes nothing, and one of an
earlier day changes nothing decided for a later one. Whoever closes a warning while its cause lasts is warned again only
when it gets worse. What is not known raises nothing and closes nothing. Everything is measured on the customer's, or
the class's, own past. There is always one stage; a relationship type is not known without a tier or without costs.

Time: `as_of` is the instant a sweep is about; months are whole calendar months of the business zone, compared by a
day's mean. Stages follow from the facts as of any instant; sizes of tiers are those of the last sweep by then. A
back-test sees at each month's end only what had come by then, and the outcome lies wholly after it.

Why it is right: a state machine and hypothesis hold detectors and the life of a warning against plain counting; on a
year of real purchases, stages and back-tests equal pandas; sweeps are steps of a job that a crash can interrupt
anywhere.
"""
