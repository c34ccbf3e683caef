"""Core: what every area of profile stands on.

Owns: the `Reader`, that is who asks, in the terms of this service: a name for the access trail, and, for a partner, the
source whose customers it may see. The table of what a partner is not told (`STAFF_ONLY`) is here and nowhere else.
Owns the metadata and the column types of all tables.

Does not own: how somebody signs in or which scopes they have (the chassis), nor which customer has which source
(references).

Invariants: what is not the reader's to see is not found (404), never forbidden: a 403 would say that it exists. What
belongs to the company as a whole (the directory, teams, groups, contacts, figures of the call centre) is forbidden to
partners (403), for that it exists is no secret.
"""
