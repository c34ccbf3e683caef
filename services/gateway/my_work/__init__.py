"""my_work: what concerns the person who asks: who they are, their customers, those customers' cases, their tasks (P5).

Owns: nothing that is kept; composing `/v1/me` of what the services answer to this very person.

Does not own: who is which employee (access resolves it from the sign-in), account teams and next steps (profile), cases
(complaint).

Invariants: who is no employee has no customers, cases or tasks of their own and is told so (404 `not_an_employee`); a
service that does not answer in time is named in `missing`, and the rest is answered. Nothing is asked that the person
could not ask without this area.

Time: all is of now. Deadlines and due days come from their services.

Why it is right: each list is the services' own answer, in their order; only names are joined to it.
"""
