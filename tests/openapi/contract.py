"""docs/openapi.yaml as a contract: finds the operation of a request and holds its answer against it."""

import datetime
import json
import pathlib
import re
import urllib.parse

import jsonschema
import yaml

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_rfc3339(text):
    """RFC 3339 asks for an offset, which fromisoformat does not."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        raise ValueError(text)
    return datetime.datetime.fromisoformat(text) is not None


class Mismatch(AssertionError):
    """The server and the document disagree."""


class Contract:
    def __init__(self, path):
        self.document = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
        self.answered = set()  # (operationId, status) of every answer that was checked

    def operations(self):
        """Yields (path template, METHOD, operation)."""
        for template, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in ("get", "put", "post", "delete", "patch", "head", "options", "trace"):
                    yield template, method.upper(), operation

    def resolve(self, node):
        """Follows one $ref inside the document."""
        while "$ref" in node:
            found = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def find(self, method, target):
        """The operation of a request, literal paths before templates."""
        path = urllib.parse.urlsplit(target).path
        for template, verb, operation in sorted(self.operations(), key=lambda entry: "{" in entry[0]):
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if verb == method and re.fullmatch(pattern, path):
                return operation
        raise Mismatch(f"{method} {target}: not in the document")

    def check(self, method, target, status, headers, body):
        """Raises Mismatch when the document does not foresee this answer. `body` is bytes."""
        operation = self.find(method, target)
        name = f"{method} {target} -> {status}"
        if str(status) not in operation["responses"]:
            raise Mismatch(f"{name}: the document foresees only {sorted(operation['responses'])}; body {body[:300]!r}")
        response = self.resolve(operation["responses"][str(status)])
        for header, described in response.get("headers", {}).items():
            if described.get("required") and header not in headers:
                raise Mismatch(f"{name}: no header {header}")
        self._check_body(name, response.get("content"), headers.get("Content-Type"), body)
        self.answered.add((operation["operationId"], str(status)))

    def _check_body(self, name, content, content_type, body):
        if not body:
            # An empty body has no type; where the document promises JSON or text there must be one. What a device
            # gets as a property list may always be nothing: no command, no token.
            if content and "application/xml" not in content and set(content) & {"application/json", "text/plain"}:
                raise Mismatch(f"{name}: empty, but the document promises {sorted(content)}")
            return
        if content is None:
            raise Mismatch(f"{name}: the document promises no body, got {body[:300]!r}")
        media = (content_type or "").split(";")[0].strip()
        if media not in content and "*/*" in content:
            media = "*/*"  # as OpenAPI has it: any type that has no entry of its own
        if media not in content:
            raise Mismatch(f"{name}: Content-Type {content_type!r}, the document promises {sorted(content)}")
        value = json.loads(body) if media == "application/json" else body.decode("utf-8")
        schema = dict(content[media]["schema"], components=self.document["components"])
        errors = list(jsonschema.Draft4Validator(schema, format_checker=formats).iter_errors(value))
        if errors:
            told = "; ".join(f"{'/'.join(map(str, error.path))}: {error.message}" for error in errors)
            raise Mismatch(f"{name}: {told}")
