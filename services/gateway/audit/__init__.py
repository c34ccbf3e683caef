"""audit: who saw or changed personal data, in any service, in one list (P13).

Owns: nothing that is stored; the order in which lines of several trails are one list, and the check of all chains.

Does not own: the trails, each in its service's database (the chassis keeps, seals and checks them).

Invariants
- Lines are in the order of their instants, the newest first; at one instant in the order of services and of numbers. A
  cursor is a place in that order, so that a page neither repeats nor skips a line of a service that answers.
- A service that does not answer is named as missing: its lines are not in the page, and the page says so.
- Reading the trail is no line of its own: it shows no personal data.

Time: `at` is when the access happened; `from` counts, `to` does not any more.

Why it is right: each service is asked for its lines beyond the same place, at least as many as the page has; so the
first of all of them are the page.
"""
