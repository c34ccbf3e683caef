"""references: the registry of outside references, (source, reference) -> customer id, and which customers exist.

Owns: `customer_reference` and `known_customer`; the events `CustomerReferenceRegistered` and `CustomerReferenceRemoved`
(the last one that a source had of a customer); the answer to "whose is this
reference" for other services (`GET /internal/references`).

Does not own: the customer's file (profile), the names of sources (`partners`).

Invariants
- A reference is unique within its source and has one customer until it is removed (K17). Two sources may use the same
  text. A reference of another customer is refused; where the two are one, they are merged.
- An id that was offered for a file is the one its reference gets, whoever comes first: an order, the same file again,
  or nobody. An offer alone is no customer: who says that a reference names a customer that is there, decides.
- What was removed is forgotten; that it was, stays (`reference_removal`), without saying which one it was.
- A partner knows a customer when its own source has a registered reference of it; any other id does not exist for it.
- A reference may identify a person (a telephone number): it stands in this registry, which can be erased, and in no
  event, log line or problem.

Time: `registered_at` is when a reference was first used; null means that its id is only offered. An offer that nobody
took up within a week is forgotten: it may be the number of somebody whose file was refused.

Why it is right: the primary key (source, ref) decides between writers; who loses begins again and sees what the other
wrote. Rows are written in sorted order, so that two writers never wait for each other crosswise.
"""
