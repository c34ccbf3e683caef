"""Schedules: reviews, sweeps, assessments and lifetime values that are run by themselves, and what ran when.

Owns: when each kind of run is due, a document of rules in versions; a row for each run that a schedule requested, one
a kind and due instant; the scheduled assessment of a month.

Does not own: the runs. A review is requested of `reviews`, a sweep of `monitoring`, a check of risks of `key_accounts`,
lifetime values of `retention`, as a person would request it; how far it is and what came of it lies there. Sweeps that
follow a review, and the check of a key account that is new, are started by their own areas.

What holds: no due instant is run twice, however many processes look and whatever kills them: its row and the job's
request are one transaction, and the row's key is the kind and the instant. After a pause each missed review and
assessment is run, in order, one after the other; of sweeps and lifetime values only the last that was missed, because
an earlier one would say what is over. What cannot be requested is kept with the code of why, and keeps no later run
from being requested.

Time: a schedule is read in the business zone, DST and short months included. It counts from when its version came into
force, and the shipped one from when the database was made: nothing is ever due before that. A review, an assessment and
lifetime values are as of the last instant of the month before the due instant (as back-tests count months), a sweep as
of the due instant, risks as of when they are checked.

Why it is right: due instants equal a count of every minute and dateutil's recurrences in zones of all kinds; catching
up, two workers and a kill at every step are held against a plain list of what should have been requested.
"""
