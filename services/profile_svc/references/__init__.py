"""References: what the outside calls a customer, and so who may see it (G1, K17).

Owns: `customer_source`, pairs of a customer and a source that has a reference of it. A partner sees the customers of
its own source and no others.

Does not own: the references. They are identifiers of persons (a telecom's is a telephone number), so they are in no
event and in no table here: the gateway's registry alone keeps them, and can erase them. Profile asks it
(`GET /internal/references`) for a file's references and for what was typed into a search.

Invariants: a partner is shown references of its own source only, also of customers that others know too. What is asked
takes at most 1.5 s and holds no database connection meanwhile; without an answer the file or the search goes without
references and says so (`did_not_answer`). After three failures in a row nobody is asked for five seconds.

Time: a source is added when its first reference is registered, or a file is opened with it, and goes when the last
reference that it had was removed.

Why it is right: who sees whom is decided from profile's own rows, so a registry that does not answer shows less, never
more.
"""
