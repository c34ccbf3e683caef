"""contract: one description of the whole: OpenAPI of all services merged, AsyncAPI of all events, and who is ready.

Owns: `/openapi.json`, `/asyncapi.yaml`, `/docs`, `/docs/errors`, `/v1/health`.

Does not own: what the services' own documents say.

Invariants
- Paths of services (`/internal/…`) are in no public document.
- Schemas or operations of the same name and another content get their service's name before theirs.
- A service that is away leaves the others' part readable.

Time: a complete merge is kept for five minutes, an incomplete one for five seconds.

Why it is right: merging is a pure function of the documents (`merge`), and the merged document is validated in tests.
"""
