"""forwarding: everything below /v1 that another service answers is handed to it, on behalf of who asks.

Owns: which service answers which path; what of a request goes in and of an answer comes out; the composed answers
(the customer 360 asked afresh, several parts at once) with their time budget and circuit breakers; the names of
customers and employees in lists of services that keep none; the ids that new customer files get on their way to
profile.

Does not own: any table; what the services decide and whom they refuse.

Invariants
- Who asks is said by a token of 60 seconds, signed for the one service that is called; no header of the request is
  an identity, and only the headers listed in `calls.py` pass.
- Paths lead below /v1 only. A wrong method on a path of the gateway's own is 405 and says which are allowed.
- A partner reaches its own customers only, however the body is spelled: a second lock, beside each service's own.
- A composed answer takes at most 2 s and says which part is missing, whatever a service behind does.

Time: a call has `forward_seconds`, a part of a composed answer 1.5 s; a service that failed repeatedly is not asked
for some seconds.

Why it is right: paths are matched as a whole and refused when a step of them is empty or dots; bodies are parsed
strictly before they are looked at; the circuit breaker is a pure state machine.
"""
