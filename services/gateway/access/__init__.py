"""access: who asks. A partner's key, a person's token (development issuer or OIDC provider), a service's token.

Owns: `partner_key`; verifying credentials (`Authenticator`); the development issuer; the rate limit of each client.

Does not own: what an actor may do (scopes are the chassis's), which customers a partner sees (`references`).

Invariants
- A secret is shown once and kept as a digest. It is in no table, log, event or kept reply.
- A person's token is no service's: they have different audiences, and no claim gives the scope `internal`.
- With a partner id an actor has the role `partner` at most; a partner's person without its partner id is refused.
- What a token says before its signature is verified decides only which key verifies it.

Time: a key that is revoked here opens nothing from then on, within 2 s nothing at other processes of the gateway.
Verified credentials are cached until they expire, keys for 2 s.

Why it is right: signatures are verified by PyJWT with the algorithm list fixed; digests are compared in constant time;
everything unexpected in a token is a 401.
"""
