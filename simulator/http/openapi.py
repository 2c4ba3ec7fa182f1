"""Describes the endpoints as OpenAPI, so that Postman and its kind can be given all of them at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from simulator.dialect import Operation
from simulator.gateway import Gateway
from simulator.http.endpoint import Endpoint

OPERATIONS = "/v1/{account}/{operation}"
"""The endpoint that is described once for each operation."""


def openapi(endpoints: Sequence[Endpoint], gateway: Gateway) -> dict[str, Any]:
    """OpenAPI 3.1 of these endpoints, with an example for every operation of every account's protocol."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        if endpoint.path != OPERATIONS:
            described = _described(endpoint, list(gateway.accounts))
            paths.setdefault(_plain(endpoint.path), {})[endpoint.verb.lower()] = described
            continue
        for dialect, accounts in _accounts_by_dialect(gateway).items():
            for operation in gateway.dialect_of(accounts[0]).operations:
                path = OPERATIONS.replace("{operation}", operation.method)
                paths[path] = {"post": _operation(endpoint, operation, dialect, accounts)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "epos-adapter simulator",
            "version": "1",
            "description": "A card machine on this computer: asks the adapter whatever the provider would.",
        },
        "paths": paths,
    }


def _accounts_by_dialect(gateway: Gateway) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, account in gateway.accounts.items():
        found.setdefault(account.dialect, []).append(name)
    return found


def _operation(endpoint: Endpoint, operation: Operation, dialect: str, accounts: list[str]) -> dict[str, Any]:
    described = _described(endpoint, accounts, operation.method)
    described["summary"] = operation.summary
    described["tags"] = [dialect]
    described["requestBody"]["content"]["application/json"]["example"] = operation.example
    return described


def _described(endpoint: Endpoint, accounts: list[str], operation: str = "") -> dict[str, Any]:
    path = _plain(endpoint.path)
    parameters = []
    for name in re.findall(r"{(\w+)}", path):
        if name == "operation":
            continue
        kind: dict[str, Any] = {"type": "integer"} if f"{{{name}:int}}" in endpoint.path else {"type": "string"}
        parameters.append(
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": kind | ({"enum": accounts} if name == "account" else {}),
            }
        )
    parameters += [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}}
        for name, meaning in endpoint.query.items()
    ]
    described: dict[str, Any] = {
        "operationId": operation or _identity(endpoint.verb, path),
        "summary": endpoint.summary,
        "tags": ["simulator"],
        "parameters": parameters,
        "responses": {
            str(status): {"description": meaning or HTTPStatus(status).phrase}
            for status, meaning in endpoint.statuses.items()
        },
    }
    if endpoint.body is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": endpoint.body}}}
    elif endpoint.verb == "POST":
        described["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    return described


def _identity(verb: str, path: str) -> str:
    return verb.lower() + "".join(word.capitalize() for word in re.findall(r"\w+", path) if word != "api")


def _plain(path: str) -> str:
    """A path as OpenAPI writes it, without the kinds of its parameters."""
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)
