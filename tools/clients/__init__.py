"""Clients in Python and TypeScript, generated from docs/openapi/gateway.json and used once: `python -m tools.clients`.

What they are used against is the whole embedded system, started for it. `programs/` has what is done with them; that in
TypeScript is compiled strictly, so that it also shows what the types of answers say.
"""
