"""Employees: the directory of the operator's people (P5).

Owns: `employee`: the code that the company gave, a name, a telephone extension, and the service centre they work at.

Does not own: what somebody may do (roles come with the sign-in), nor whom they look after (teams).

Invariants: an employee id stands for one person; entering the same person again is the same answer, another one under
the same id is refused. Names and extensions never leave profile; only that an employee's centre changed is announced
(`EmployeeChanged`, under the employee's id), because others route work by it.

Time: a centre is that of now, with since when; of others there is no history here, the events are one. A placement can
be given for the past: it holds until the next one.
"""
