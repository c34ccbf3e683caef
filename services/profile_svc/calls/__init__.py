"""Calls: the call centre (G4): calls as the exchange reports them, and what pops up while it rings.

Owns: `call`, with the instant of each state; how quickly calls were answered; the pop: greeting, alerts, advice, in
English and Chinese (`texts/`).

Does not own: the customer's figures (overview), the team (teams), the file (files): it reads them.

Invariants: each state of a call has one time, whatever the order and however often it is reported; it rings, is
answered and ends in this order of time. Who answered counts, before that who it rang for. An exact number hides those
that only end alike; a number nobody has is an answer. The pop says names, never codes: what has no name is quoted.

Time: instants are the exchange's. Calls of a fortnight may be reported late, older ones need the scope `history`.
"Within three rings" is a setting in seconds. Greetings go by the hour in the business's time zone.

Why it is right: states are kept as instants, so a call is the same in every order of reports; the pop reads profile's
own tables only, so it answers when other services are down.
"""
