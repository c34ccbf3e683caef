"""Service quality (T15, T16): how satisfied customers are, and how account managers and service centres did each month.

Owns: the satisfaction index (up to three weighted levels, and the questions beside it) and the assessment rules, each a
document in versions; answers about expectation and experience; monthly assessments with the reasons of each; what is
recorded for them: submissions, spot checks, missed deadlines. It draws the satisfaction-loyalty curve.

Does not own: sending surveys (complaint does), account teams and centres (copied in `customers`), who is lost
(`retention`), cases and contacts (`indicators`). It assesses, and decides nothing about anybody's pay.

What holds: satisfaction is experience less expectation. What nobody answered is not known and takes no part: its
weight goes to its answered siblings. An answer comes once: the same again changes nothing, another one under its id is
refused. A submission or a check is recorded by another person than the assessed; its last entry counts, those before
are kept. A rule whose measure is not known strikes nothing, and is named as not known. One assessment stands for each
month and subject; made again, the one before is superseded and kept.

Time: an answer counts from when it was given (`answered_at`), as known at an instant, against the version of the index
that it was given to: the one in force when it was answered. An assessment is of a month that is over, in the business
zone, as of its last instant: whoever was responsible then answers for it, by the rules in force then. Made again,
`known_at` shows the one that stood.

Why it is right: the index is held against exact fractions of random answers; each default rule takes what it says;
on a year of real purchases assessments and the curve equal pandas.
"""
