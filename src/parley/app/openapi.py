"""The OpenAPI 3.1 document of the HTTP API, made from the route table and the msgspec types.

One table of operations is both the routing and the document, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

_REF = "#/components/schemas/{name}"


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong: the whole line, and its parts."""

    fault: str
    what: str
    value: str | None
    wanted: str
    repair: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation, in the path or in the query."""

    name: str
    place: Literal["path", "query"]
    kind: Any
    help: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: method and path, what goes in, what comes out, and who does it.

    Attributes:
        reply: the type of the JSON reply; None where it is not JSON (`media` says what).
        body: the type of the JSON body, if it takes one; such an operation needs the token.
        file: the media type of a body that is a file; it needs the token too.
    """

    method: Literal["GET", "POST"]
    path: str
    summary: str
    handler: Callable[[Request], Awaitable[Response]]
    reply: Any = None
    media: str = "application/json"
    body: Any = None
    file: str = ""
    status: int = 200
    parameters: tuple[Parameter, ...] = ()


def make_document(operations: Sequence[Operation], *, version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the operations."""
    types = [each for op in operations for each in (op.reply, op.body) if each is not None]
    types += [p.kind for op in operations for p in op.parameters]
    schemas, components = msgspec.json.schema_components([*types, FaultView], ref_template=_REF)
    known = dict(zip([*map(id, types), id(FaultView)], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = operation.path.replace(":path}", "}")
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley node",
            "version": version,
            "description": "What one party's own post sees and does. Instants are "
            "microseconds since 1970 UTC.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, known: dict[int, Any]) -> dict[str, Any]:
    reply: dict[str, Any] = {"description": operation.summary}
    if operation.reply is not None:
        reply["content"] = {"application/json": {"schema": known[id(operation.reply)]}}
    else:
        reply["content"] = {operation.media: {}}
    fault = {"application/json": {"schema": known[id(FaultView)]}}
    responses = {
        str(operation.status): reply,
        "400": {"description": "The request cannot be read.", "content": fault},
        "403": {"description": "From another site, or for another host.", "content": fault},
    }
    found: dict[str, Any] = {"summary": operation.summary, "responses": responses}
    if operation.parameters:
        found["parameters"] = [
            {
                "name": p.name,
                "in": p.place,
                "required": p.place == "path",
                "description": p.help,
                "schema": known[id(p.kind)],
            }
            for p in operation.parameters
        ]
    if operation.body is not None or operation.file:
        content = (
            {operation.file: {}}
            if operation.file
            else {"application/json": {"schema": known[id(operation.body)]}}
        )
        found["security"] = [{"token": []}]
        found["requestBody"] = {
            "required": True,
            "content": content,
        }
        responses["401"] = {"description": "Without the token.", "content": fault}
        responses["409"] = {"description": "It cannot be done now.", "content": fault}
        responses["413"] = {"description": "The body is too long.", "content": fault}
        responses["422"] = {"description": "The body is not of this form.", "content": fault}
    return found
