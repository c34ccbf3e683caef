"""Audit: the access trail, a line for every file that somebody saw or changed (P13).

Owns: `file_access`, and `file_access_seal`, the chain of digests over it. Areas add their lines in the transaction of
the read or the change itself, so there is no access without its line, and none of a change that was rolled back.

Does not own: who asks (core), nor what an action means: each area names its own (`read`, `opened`, `team_changed` …).

Invariants: lines are added, never changed or removed, which the database refuses; a line says who, which customer, what
kind of access, when. It holds no personal data itself, so the trail can be kept when a file is erased. A search leaves
a line for every customer that it shows, not for those it compared.

Time: `at` is the instant of the access, by the clock of the transaction. Lines are sealed about a minute later, when
nobody can commit an earlier number any more.

Why it is right: the overview, the hottest read, adds its line in the same statement that reads the row, so that it can
not be forgotten and costs no round trip. Lines are plain rows; a sealer chains them, so no access waits for another,
and a line that was changed or taken out no longer fits its seal (`patron verify` recomputes the chain).
"""
