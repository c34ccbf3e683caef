"""Employees: the directory of the operator's people (P5).

Owns: `employee`: the code that the company gave, a name, a telephone extension, the service centre they work at, and
the present or coming absence with the deputy who stands in.

Does not own: what somebody may do (roles come with the sign-in), nor whom they look after (teams).

Invariants: an employee id stands for one person; entering the same person again is the same answer, another one under
the same id is refused. Names and extensions never leave profile; only an employee's centre, absence and deputy are
announced (`EmployeeChanged`, all of them whenever one changes), because others route work by them.

Time: a centre and an absence are those of now, a centre with since when; of others there is no history here, the events
are one. A placement can be given for the past: it holds until the next one.
"""
