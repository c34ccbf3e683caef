"""The contract of events, made from the catalogue: a JSON Schema an event, and AsyncAPI 3.0 over all of them."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shared.events import CATALOGUE, OWNERS, Event

PLAIN_KEY = re.compile(r"[A-Za-z$_][A-Za-z0-9$_./-]*")
NOT_PLAIN = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
ENVELOPE: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0, binary mode: attributes as Kafka headers.",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_recordedat", "ce_seq"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0", "description": "of CloudEvents"},
        "ce_id": {"type": "string", "format": "uuid", "description": "the event's id, a UUIDv7"},
        "ce_type": {"type": "string", "description": "the event's type and version: intake.order_placed.v1"},
        "ce_source": {"type": "string", "description": "/patron/<service>/<epoch of its log>"},
        "ce_subject": {"type": "string", "description": "the key: the customer, or the aggregate where there is none"},
        "ce_time": {"type": "string", "format": "date-time", "description": "when the fact happened"},
        "ce_recordedat": {"type": "string", "format": "date-time", "description": "when its owner committed it"},
        "ce_seq": {"type": "string", "pattern": "^[1-9][0-9]*$", "description": "1, 2, 3 … for each topic and key"},
        "patron-seal": {
            "type": "string",
            "description": "<key's name>:<keyed digest>; services believe no other message",
        },
        "traceparent": {"type": "string", "description": "W3C trace context"},
    },
}


def schema_of(event: type[Event]) -> dict[str, Any]:
    """What a reader may rely on. Readers ignore fields they do not know, so further ones are not forbidden."""
    schema = event.model_json_schema(mode="serialization")
    _open_up(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:patron:event:{event.type}",
        **schema,
        "x-topic": event.topic,
        "x-key": event.key_field,
        "x-time": event.time_field,
    }


def _open_up(node: Any) -> None:
    if isinstance(node, dict):
        if node.get("type") == "object":
            node.pop("additionalProperties", None)
        for child in node.values():
            _open_up(child)
    elif isinstance(node, list):
        for child in node:
            _open_up(child)


def asyncapi(listens: Mapping[str, Collection[str]], *, schemas: str | None = None) -> dict[str, Any]:
    """AsyncAPI 3.0 of all topics. `listens`: service -> types it handles. `schemas`: the folder of the JSON Schemas to
    point at; without it they are within the document."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for event in CATALOGUE.values():
        channel = channels.setdefault(
            event.topic,
            {
                "address": event.topic,
                "description": f"What {OWNERS[event.topic]} announces. Order holds within a key.",
                "messages": {},
            },
        )
        channel["messages"][event.type] = {"$ref": f"#/components/messages/{event.type}"}
        messages[event.type] = {
            "name": event.type,
            "title": event.__name__,
            "summary": (event.__doc__ or event.__name__).strip().splitlines()[0],
            "contentType": "application/json",
            "headers": {"$ref": "#/components/schemas/Envelope"},
            "payload": _inline(event) if schemas is None else {"$ref": f"{schemas}/{event.type}.json"},
            "bindings": {"kafka": {"key": {"type": "string", "description": event.key_field}}},
        }
    for topic, owner in OWNERS.items():
        types = [event.type for event in CATALOGUE.values() if event.topic == topic]
        operations[f"{owner}.announces"] = _operation("send", topic, types)
    for service, handled in listens.items():
        for topic in OWNERS:
            subscribed = [event.type for event in CATALOGUE.values() if event.topic == topic and event.type in handled]
            if subscribed:
                operations[f"{service}.hears.{OWNERS[topic]}"] = _operation("receive", topic, subscribed)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Patron's events",
            "version": "1",
            "description": "Facts that services announce. No personal data: ids, amounts, codes and instants only.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"Envelope": ENVELOPE}},
    }


def _operation(action: str, topic: str, types: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{type_}"} for type_ in types],
    }


def _inline(event: type[Event]) -> dict[str, Any]:
    """A schema whose parts are written out in place, as `$defs` of its own would not resolve inside a document."""
    schema = schema_of(event)
    parts = schema.pop("$defs", {})

    def write_out(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return write_out(parts[node["$ref"].rpartition("/")[2]])
            return {key: write_out(child) for key, child in node.items()}
        return [write_out(child) for child in node] if isinstance(node, list) else node

    written: dict[str, Any] = write_out(schema)
    return written


def to_yaml(value: Any) -> str:
    """YAML for what JSON can say: block style, every text in double quotes."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            plain = PLAIN_KEY.fullmatch(key) and key.lower() not in NOT_PLAIN
            yield from _entry(f"{indent}{key if plain else json.dumps(key, ensure_ascii=False)}:", child, indent)
    elif isinstance(value, list) and value:
        for child in value:
            yield from _entry(f"{indent}-", child, indent)
    else:
        yield f"{indent}{json.dumps(value, ensure_ascii=False)}"


def _entry(start: str, child: Any, indent: str) -> Iterator[str]:
    if isinstance(child, (dict, list)) and child:
        yield start
        yield from _lines(child, indent + "  ")
    else:
        yield f"{start} {json.dumps(child, ensure_ascii=False)}"
