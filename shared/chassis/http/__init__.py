"""HTTP as every service speaks it: what comes in, what goes out, and one transaction a request.

Bodies and parameters are strict (`shapes`, `strict_json`, `body_limit`, `instants`), routes run in one transaction
(`routing`) and answer a repeated request as the first time (`idempotency`), lists come in pages (`pages`), edits name
the version they saw (`etag`). The outermost layer gives each request its id and trace (`request_context`).
"""
