"""Deadlines: how much working time each stage of a case is given, and what becomes of it (C3).

Owns: the deadline rules, a rule set (allowances by kind, severity and tier; when to warn, to escalate and to reopen),
and the life of one deadline: it runs, is paused, resumed, warns, is breached, met or cancelled. The table `deadline`
too, whose rows name the versions of the rules and of the calendar they were counted by.

Does not own: when a case has the steps that meet a deadline, the escalation of a case, the timers (the area `cases`);
what an hour of work is (`calendars`).

Invariants: a deadline ends once: met, breached or cancelled. One that is breached stays breached; work done afterwards
is noted beside it. A breach waits at each level of the ladder for that level's hours, which stay those of the moment it
came there. It warns before it is breached. While the customer is to answer, nothing runs. A better tier or a graver
severity may bring a due date forward and never moves it back (K11); nor does a day closed after the promise. It is
counted by the hours of one tier and region: of those the customer had, by those that are due first.

Time: the rules in force when something is decided count, and a later version presses nobody's deadline by itself; only
a better tier or a graver severity looks at the rules again. Working time is spent, not scheduled. A deadline keeps
what is left of its allowance and since when it runs. Pausing takes off what was worked, resuming counts forward from
there, so a due date moves by the working time that was paused and by nothing else (K3). What happens to a deadline
happens at the instant it was due, whoever looks when. Work done at the very due instant is in time: the breach comes
about when that instant is over, and bears its date.

Why it is right: everything is a pure function of a deadline, an instant and the terms in force. Property tests change
tiers, pause and resume at any instants and close days meanwhile: no due date is ever later than promised.
"""
