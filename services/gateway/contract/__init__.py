"""contract: one description of the whole: OpenAPI of all services merged, AsyncAPI of all events, and who is ready.

Owns: `/openapi.json`, `/asyncapi.yaml`, `/docs`, `/docs/errors`, `/v1/health`.

Does not own: what the services' own documents say.

Invariants
- Paths of services (`/internal/…`) are in no public document.
- Schemas or operations of the same name and another content get their service's name before theirs.
- `/openapi.json` is whole or 503: the part of a service that is away is the one it answered with last.

Time: a merge of what all services just answered is kept for five minutes, one with an older part for five seconds.

Why it is right: merging is a pure function of the documents (`merge`), and the merged document is validated in tests.
"""
