"""Changes of the OpenAPI documents that break a caller of the last release are named; all others pass."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.contract.documents import public
from tools.openapi_changes import breaking_changes, main

BEFORE: dict[str, Any] = {
    "paths": {
        "/v1/notes": {
            "get": {
                "operationId": "listNotes",
                "security": [{"bearer": ["notes:read"]}, {"bearer": ["notes:admin"]}],
                "parameters": [
                    {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 200, "minimum": 1}},
                ],
                "responses": {
                    "200": {
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NotePage"}}},
                    }
                },
            },
            "post": {
                "operationId": "writeNote",
                "security": [{"bearer": ["notes:write"]}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NoteCreate"}}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}},
                    "409": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                },
            },
        },
    },
    "components": {
        "schemas": {
            "NotePage": {
                "type": "object",
                "required": ["items"],
                "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}}},
            },
            "Note": {
                "type": "object",
                "required": ["id", "state"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "state": {"type": "string", "enum": ["open", "closed"]},
                    "text": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "answers": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}},
                },
            },
            "NoteCreate": {
                "type": "object",
                "required": ["text"],
                "additionalProperties": False,
                "properties": {
                    "text": {"type": "string", "maxLength": 100},
                    "weight": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
                    "topic": {"anyOf": [{"type": "string", "pattern": "^a"}, {"type": "null"}]},
                },
            },
        }
    },
}
NAMES = "item = d['paths']['/v1/notes']; get, post = item['get'], item['post']; s = d['components']['schemas']; "


def changes(change: str) -> list[str]:
    document = deepcopy(BEFORE)
    exec(NAMES + change, {"d": document})
    return list(breaking_changes(BEFORE, document))


@pytest.mark.parametrize(
    "change",
    [
        "",
        "item['delete'] = post; d['paths']['/v1/more'] = item",
        "get['parameters'].append({'name': 'q', 'in': 'query', 'schema': {'type': 'string'}})",
        "get['parameters'][0]['schema']['enum'].append('c')",
        "del get['parameters'][0]['schema']['enum']",
        "get['parameters'][1]['schema']['maximum'] = 500",
        "get['security'].append({'bearer': ['notes:all']})",
        "get['responses']['404'] = {}; get['responses']['200']['headers']['Link'] = {}",
        "s['Note']['properties']['colour'] = {'type': 'string'}; s['Note']['required'].append('colour')",
        "s['Note']['required'].append('text')",
        "s['Note']['properties']['state']['enum'] = ['open']",
        "s['Note']['description'] = 'said better'",
        "s['NoteCreate']['properties']['colour'] = {'type': 'string'}",
        "s['NoteCreate']['properties']['text']['maxLength'] = 200; s['NoteCreate']['required'] = []",
        "s['NoteCreate']['properties']['weight']['anyOf'].append({'type': 'boolean'})",
        "del s['NoteCreate']['properties']['topic']['anyOf'][0]['pattern']",
        "s['Memo'] = s.pop('Note');"
        "s['NotePage']['properties']['items']['items']['$ref'] = '#/components/schemas/Memo';"
        "s['Memo']['properties']['answers']['items']['$ref'] = '#/components/schemas/Memo';"
        "post['responses']['201']['content']['application/json']['schema']['$ref'] = '#/components/schemas/Memo'",
        "post['requestBody']['content']['application/merge-patch+json'] = {}",
        "post['requestBody']['required'] = False",
    ],
)
def test_additions_wider_requests_and_better_words_pass(change: str) -> None:
    assert changes(change) == []


@pytest.mark.parametrize(
    ("change", "notice"),
    [
        ("del item['post']", "POST /v1/notes is gone"),
        ("d['paths']['/v1/memos'] = d['paths'].pop('/v1/notes')", "GET /v1/notes is gone"),
        ("get['operationId'] = 'findNotes'", "GET /v1/notes: operationId listNotes is findNotes now"),
        ("del get['parameters'][0]", "GET /v1/notes: parameter kind is gone"),
        ("get['parameters'][0]['required'] = True", "GET /v1/notes: parameter kind is demanded now"),
        (
            "get['parameters'].append({'name': 'q', 'in': 'query', 'required': True, 'schema': {}})",
            "GET /v1/notes: parameter q is new and demanded",
        ),
        ("get['parameters'][0]['schema']['enum'].remove('b')", "GET /v1/notes: parameter kind: b is accepted no more"),
        ("get['parameters'][1]['schema']['maximum'] = 100", "GET /v1/notes: parameter limit: maximum is 100 now"),
        ("get['parameters'][1]['schema']['minimum'] = 2", "GET /v1/notes: parameter limit: minimum is 2 now"),
        ("get['parameters'][1]['schema']['type'] = 'string'", "GET /v1/notes: parameter limit: integer is string now"),
        ("del get['security'][0]", 'GET /v1/notes: {"bearer": ["notes:read"]} is not enough any more'),
        ("del get['responses']['200']['headers']['ETag']", "GET /v1/notes: 200: header ETag is gone"),
        ("get['responses'] = {'202': get['responses']['200']}", "GET /v1/notes: 200 is answered no more"),
        ("get['responses']['202'] = get['responses']['200']", "GET /v1/notes: 202 is a new answer of success"),
        ("del s['Note']['properties']['text']", "POST /v1/notes: 201.text is gone"),
        ("s['Note']['properties']['body'] = s['Note']['properties'].pop('text')", "POST /v1/notes: 201.text is gone"),
        ("s['Note']['required'].remove('state')", "POST /v1/notes: 201.state may be missing now"),
        ("s['Note']['properties']['id']['format'] = 'int'", "POST /v1/notes: 201.id: format is int now"),
        (
            "s['Note']['properties']['state']['enum'].append('lost')",
            "POST /v1/notes: 201.state: lost is a new value of a closed list",
        ),
        ("del s['Note']['properties']['state']['enum']", "POST /v1/notes: 201.state: everything else is a new value"),
        (
            "s['Note']['properties']['id'] = {'anyOf': [s['Note']['properties']['id'], {'type': 'null'}]}",
            "POST /v1/notes: 201.id: null is a new alternative",
        ),
        ("s['NoteCreate']['required'].append('weight')", "POST /v1/notes: body.weight is demanded now"),
        ("del s['NoteCreate']['properties']['weight']", "POST /v1/notes: body.weight is gone"),
        ("s['NoteCreate']['properties']['text']['maxLength'] = 50", "POST /v1/notes: body.text: maxLength is 50 now"),
        ("s['NoteCreate']['properties']['text']['pattern'] = 'x'", "POST /v1/notes: body.text: pattern is x now"),
        (
            "s['NoteCreate']['properties']['weight']['anyOf'].pop()",
            "POST /v1/notes: body.weight: string is accepted no more",
        ),
        (
            "s['NoteCreate']['properties']['topic'] = {'type': 'string', 'pattern': '^a'}",
            "POST /v1/notes: body.topic: null is accepted no more",
        ),
        ("post['requestBody']['content'] = {'text/plain': {}}", "a body of application/json is accepted no more"),
    ],
)
def test_what_a_caller_of_the_last_release_would_notice_is_named(change: str, notice: str) -> None:
    assert any(notice in change_named for change_named in changes(change)), changes(change)


def test_a_body_that_becomes_closed_or_demanded_is_named() -> None:
    before = deepcopy(BEFORE)
    before["paths"]["/v1/notes"]["post"]["requestBody"]["required"] = False
    del before["components"]["schemas"]["NoteCreate"]["additionalProperties"]
    assert list(breaking_changes(before, BEFORE)) == [
        "POST /v1/notes: a body is demanded now",
        "POST /v1/notes: body: further fields are accepted no more",
    ]


def test_the_contract_of_today_breaks_nothing_of_itself() -> None:
    assert list(breaking_changes(public(), public())) == []


def test_a_release_is_kept_and_what_comes_after_is_compared_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], tmp_path) == 0
    assert "nothing was released yet" in capsys.readouterr().out
    (tmp_path / "gateway.json").write_text(json.dumps(BEFORE))
    assert main(["--release"], tmp_path) == 0
    assert main([], tmp_path) == 0
    later = deepcopy(BEFORE)
    del later["paths"]["/v1/notes"]["post"]
    (tmp_path / "gateway.json").write_text(json.dumps(later))
    capsys.readouterr()
    assert main([], tmp_path) == 1
    assert capsys.readouterr().out == "gateway: POST /v1/notes is gone\n"
    (tmp_path / "gateway.json").unlink()
    assert main([], tmp_path) == 1
