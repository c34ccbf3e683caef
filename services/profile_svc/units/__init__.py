"""Units: the operator's own tree: a group, its provinces, cities, branches (P5).

Owns: `unit`: the code that the company gave, a name, a kind, below which unit it stands, and since when it is closed.

Does not own: who belongs to a unit (employees), nor what somebody sees because of it (every service decides that from
its copies, `shared.people`).

Invariants: a unit is never below itself, directly or through others; below a closed unit stands no open one, and nobody
is entered into it. Names never leave profile: `UnitChanged` announces where a unit stands and whether it is closed.

Time: the tree is that of now; its changes are the events.

Why it is right: one change of the tree at a time (an advisory lock), since two moves that are each right can make a
circle together; the walk upwards is done over all units in memory, of which a company has hundreds, not millions.
"""
