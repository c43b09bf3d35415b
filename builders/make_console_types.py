"""Makes web/src/api/types.ts from the node's own OpenAPI document: types are made, never written.

The document comes from the code's msgspec types; so a field that is renamed there is a compile
error in the console, not an empty place on a screen.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from parley.app.api import Api
from parley.app.http import Access
from parley.app.live_socket import Beat, Looking, Names
from parley.app.openapi import make_document
from parley.app.service import Service
from parley.store.sqlite import Store

HEAD = """// Made by builders/make_docs.py from the node's OpenAPI document; not written by hand.
// Instants are microseconds since 1970 UTC; every number has its unit last in its name.
"""
SOCKET_TYPES = (Beat, Names, Looking)


def document() -> dict[str, Any]:
    """Return the OpenAPI document of a node, made without one."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "none.db") as store:
        empty = SimpleNamespace(listeners=[], by_file={}, crank=SimpleNamespace(store=store))
        api = Api(cast("Service", empty), store, Access(token=""))
        return make_document(api.operations(), version="")


def socket_schemas() -> dict[str, Any]:
    """Return the schemas of what goes over the console's socket."""
    _, components = msgspec.json.schema_components(
        SOCKET_TYPES, ref_template="#/components/schemas/{name}"
    )
    return components


def pages() -> dict[str, str]:
    """Return the TypeScript file by its path."""
    schemas = {**document()["components"]["schemas"], **socket_schemas()}
    body = "\n".join(declared(name, schemas[name]) for name in sorted(schemas))
    return {"web/src/api/types.ts": f"{HEAD}\n{body}"}


def declared(name: str, schema: dict[str, Any]) -> str:
    """Return one exported type."""
    told = str(schema.get("description", "")).strip().split("\n\n")[0]
    told = " ".join(told.split()).replace("*/", "* /")
    said = f"/** {told} */\n" if told else ""
    if "properties" in schema:
        return f"{said}export interface {name} {{\n{fields(schema)}}}\n"
    return f"{said}export type {name} = {typed(schema)};\n"


def fields(schema: dict[str, Any]) -> str:
    """Return the fields; one with a default is always there in what a node sends."""
    required = set(schema.get("required", ()))
    lines = []
    # An act may leave out what has a default; a view never does.
    act = "type" in schema["properties"] and "enum" in schema["properties"]["type"]
    for name, each in schema["properties"].items():
        mark = "?" if act and name not in required else ""
        lines.append(f"  {name}{mark}: {typed(each)};\n")
    return "".join(lines)


_PLAIN = {
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "null": "null",
}


def typed(schema: dict[str, Any]) -> str:
    """Return the TypeScript type of a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(json.dumps(each, ensure_ascii=False) for each in schema["enum"])
    union = schema.get("anyOf") or schema.get("oneOf")
    if union:
        return " | ".join(dict.fromkeys(typed(each) for each in union))
    kind = schema.get("type")
    if kind == "array":
        return array(schema)
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"Record<string, {typed(inner) if isinstance(inner, dict) else 'unknown'}>"
    return _PLAIN.get(str(kind), "unknown")


def array(schema: dict[str, Any]) -> str:
    """Return a tuple where the places are known, else a list."""
    if schema.get("prefixItems"):
        return f"[{', '.join(typed(each) for each in schema['prefixItems'])}]"
    inner = schema.get("items")
    if not isinstance(inner, dict):
        return "unknown[]"
    one = typed(inner)
    return f"({one})[]" if " " in one else f"{one}[]"
