"""Customers: whose they are, and so which of them a partner sees (G1).

Owns: the question whose points somebody sees. The copies it is answered from are `shared.people`'s. A partner sees the
points of the customers of its own source and no others, a manager those of its accounts.

Does not own: who the customer is (profile), the references themselves (the gateway's registry), and whether a customer
is known here: it is when it has a wallet (`ledger`).

Invariants: what is not an actor's to see is not found (404), like what does not exist. Who of the company's own people
changed points, and why they say they did, is not told to partners.

Time: a source is added when its first reference is registered, and goes when its last one was removed.

Why it is right: each route below `/customers/{customer_id}` takes its id from one dependency, `VisibleCustomer`, and
a test asks every route of the service as a partner for another's customer.
"""
