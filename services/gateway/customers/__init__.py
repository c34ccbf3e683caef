"""Customers: what the gateway answers itself below a customer: its references, and merges by reference and beforehand.

Owns: the paths `/customers/{id}/references` over the registry (P1, G1), the address of an absorbed customer in
`POST /customers/{id}/merges`, and what a merge would change in the other services, in its preview.

Does not own: the registry (references), whether two may be merged and what survives of their files (profile).

Invariants: a reference may be a telephone number, so it stands in bodies only: in paths it is named by an id of its
own. A partner adds, sees and removes references of its own source, of customers it knows. A preview asks all
services at once, takes no longer than a part's time, and says which did not answer.

Time: a preview says what is so now; what follows from a merge is decided by each service when it hears of it.

Why it is right: references are changed under a lock of the customer, so that the last one of a source is known as such.
"""
