"""partners: channels that report for customers of their own, and whose report one is.

Owns: `partner`; the names that sources go by (`partner:<id>`, a partner's code, the company's own systems); the rule
that makes an actor a reporter.

Does not own: partners' keys (`access`), their references (`references`).

Invariants
- A partner's code is unique and is no name of a source of the company's own.
- A partner's source is fixed by its key or token; a body can only repeat it. The company's own name a source freely,
  among those that are registered.

Time: a partner exists from `created_at` on; a name that is unknown is looked up in the database at most five times a
second, so a new partner is known everywhere within 0.2 s.

Why it is right: the source is taken from the verified actor; only a name that equals it, or one of the registry, gets
through (`source_named`).
"""
