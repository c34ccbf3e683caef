"""People: units, employees and account teams as profile announced them, and which sources know a customer.

Owns, the same in every service: `unit_copy` and `employee_copy` (the tree and the directory of now), `account_team`
(assignments of all times), `employee_centre` and `employee_absence` (what each change said, for questions about the
past), `customer_source` (which sources have a reference of a customer). Profile answers the same questions from its own
tables, under the same names.

Does not own: names and sign-ins (profile), references (the gateway's registry), and who may do what (roles, scopes).

    keep_people(subscriptions)                                # in a service's table of contents
    where = within_teams("c.id", "$1", "$2", "$3")            # the accounts that an employee of these units sees

Invariants: an assignment, an employee, a unit is one row whatever order they are heard in across their streams; an
assignment whose end came first holds for no time until its beginning comes.

Time: teams and absences are asked for an instant; the tree and the unit of an employee are those of now.

Why it is right: events of one employee, unit or customer come in the order they happened, so the last one holds; no
handler reads what another stream brings, so their order among each other makes no difference.
"""

from shared.people.scope import within_teams
from shared.people.sources import list_sources

__all__ = ["list_sources", "within_teams"]
