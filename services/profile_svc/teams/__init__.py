"""Teams: who looks after a customer, in which role, from when to when (P5).

Owns: `team_assignment`, with the note that is handed over on a change; whether an employee can leave.

Does not own: the people (employees), nor what an account manager is shown (every area asks for the team).

Invariants: one account manager at a time, also in the past: a new one takes over from the old at the same instant. An
employee has a role for a customer once at a time. History is closed: nobody is assigned before another manager came or
left. The account manager stands on the overview in the same transaction. Partners are not told who looks after their
customers. Who left is on no team, and nobody who left is put on one.

Time: `assigned_at` and `released_at` are when it was so; a day back is anybody's to enter, further back needs the scope
`history`.

Why it is right: the file's lock lets one change of a team happen at a time, and the database excludes two managers
whose times overlap.
"""
