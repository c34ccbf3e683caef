"""Employees: the directory of the operator's people and their life: they join, are away, come back, leave (P5).

Owns: `employee`: the code that the company gave, a name, a telephone extension, the subject they sign in with, the unit
they belong to, skills, languages, capacity, the service centre they work at, the present or coming absence with the
deputy who stands in, when they joined and left.

Does not own: what somebody may do (roles come with the sign-in), whom they look after (teams, which therefore decides
whether they can leave), the tree of units.

Invariants: an employee id stands for one person, and a subject for one employee; entering the same person again is the
same answer, another one under the same id is refused. Who left, or is away meanwhile, stands in for nobody. Names,
extensions and subjects never leave profile: `EmployeeChanged` announces the rest whenever something of it changes, of
the subject its SHA-256, so that the gateway knows who signed in.

Time: all is that of now, a centre with since when; of others there is no history here, the events are one. A placement
can be given for the past: it holds until the next one.

Why it is right: people edit under If-Match, with the employee's row locked; subjects are unique in the database.
"""
