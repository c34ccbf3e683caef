"""The contract as one plain page: every operation, its body and its answers. It loads nothing from elsewhere."""

from collections.abc import Mapping
from html import escape
from typing import Any

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430;background:#fff}
details{border:1px solid #d5dae2;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}code{background:#f1f3f6;padding:.1rem .3rem;border-radius:4px}
table{border-collapse:collapse}td,th{text-align:left;padding:.15rem 1rem .15rem 0;vertical-align:top}
"""
METHODS = ("get", "post", "put", "patch", "delete")


def page_of_contract(contract: Mapping[str, Any]) -> str:
    """HTML of an OpenAPI document, by tag."""
    by_tag: dict[str, list[str]] = {}
    for path, item in contract["paths"].items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(method, path, item[method]))
    title = escape(contract["info"]["title"])
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(operations)}" for tag, operations in by_tag.items())
    schemas = contract.get("components", {}).get("schemas", {})
    shapes = "".join(_shape(name, schema) for name, schema in sorted(schemas.items()))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><h1>{title}</h1>'
        f"<p>{escape(contract['info'].get('description', ''))}</p>"
        f'<p>For tools: <a href="openapi.json">openapi.json</a></p>{sections}<h2>Shapes</h2>{shapes}</body></html>'
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    scopes = sorted({scope for need in operation.get("security", ()) for scope in need.get("bearer", ())})
    needs = f"<p>Needs one of: {', '.join(f'<code>{escape(scope)}</code>' for scope in scopes)}</p>" if scopes else ""
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td><td>{_type(p.get('schema', {}))}</td>"
        f"<td>{escape(p.get('description', ''))}</td></tr>"
        for p in operation.get("parameters", ())
    )
    body = "".join(
        f"<p>Body: {_type(content.get('schema', {}))} <small>{escape(kind)}</small></p>"
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer.get('description', ''))}</td><td>"
        + "".join(_type(content.get("schema", {})) for content in answer.get("content", {}).values())
        + "</td></tr>"
        for status, answer in operation.get("responses", {}).items()
    )
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation.get('summary', ''))}"
        f"</summary><p>{escape(operation.get('description', ''))}</p>{needs}<table>{rows}</table>{body}"
        f"<table>{answers}</table></details>"
    )


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    return escape(str(schema.get("format") or schema.get("type") or schema.get("title") or ""))


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code></td><td>{_type(shape)}</td>"
        f"<td>{'' if field in required else 'optional'}</td><td>{escape(shape.get('description', ''))}</td></tr>"
        for field, shape in schema.get("properties", {}).items()
    )
    about = escape(schema.get("description", ""))
    head = f'<details id="{escape(name)}"><summary>{escape(name)}</summary>'
    return f"{head}<p>{about}</p><table>{rows}</table></details>"
