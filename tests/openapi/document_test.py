#!/usr/bin/python3
"""docs/openapi.yaml is a valid OpenAPI 3.0 document, also in what its schema cannot say."""

import json
import os
import pathlib
import re
import unittest

import jsonschema
from contract import Contract, Mismatch

DOCUMENT = os.environ["OPENAPI_DOCUMENT"]
# The OpenAPI Initiative's own schema, from Debian's package openapi-specification.
SCHEMA = pathlib.Path("/usr/share/openapi-specification/schemas/v3.0/schema.json")


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = node.values()
    elif not isinstance(node, list):
        return
    for child in node:
        yield from references(child)


class Document(unittest.TestCase):
    def setUp(self):
        self.contract = Contract(DOCUMENT)

    def test_satisfies_the_schema_of_openapi_3_0(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        errors = jsonschema.Draft4Validator(schema).iter_errors(self.contract.document)
        self.assertEqual([], [f"{'/'.join(map(str, error.path))}: {error.message}" for error in errors])

    def test_every_reference_leads_somewhere_and_every_component_is_used(self):
        used = set(references(self.contract.document))
        for reference in used:
            self.contract.resolve({"$ref": reference})
        defined = {
            f"#/components/{kind}/{name}"
            for kind, members in self.contract.document["components"].items()
            if kind != "securitySchemes"
            for name in members
        }
        self.assertEqual(defined, used)

    def test_every_operation_has_a_name_of_its_own_and_a_summary(self):
        operations = [operation for _, _, operation in self.contract.operations()]
        names = [operation["operationId"] for operation in operations]
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertTrue(all(operation["summary"] for operation in operations))

    def test_every_path_parameter_is_described(self):
        for template, item in self.contract.document["paths"].items():
            described = {
                parameter["name"]
                for parameter in map(self.contract.resolve, item.get("parameters", []))
                if parameter["in"] == "path"
            }
            self.assertEqual(set(re.findall(r"\{(\w+)\}", template)), described, template)

    def test_schemas_are_valid_json_schemas(self):
        for schema in self.contract.document["components"]["schemas"].values():
            jsonschema.Draft4Validator.check_schema(schema)


class Checking(unittest.TestCase):
    """A contract that lets everything through would prove nothing."""

    def setUp(self):
        self.contract = Contract(DOCUMENT)

    def refuses(self, *answer):
        with self.assertRaises(Mismatch):
            self.contract.check(*answer)

    def test_refuses_what_the_document_does_not_foresee(self):
        json_type = {"Content-Type": "application/json"}
        self.contract.check("GET", "/version", 200, json_type, b'{"version":"1"}')
        self.refuses("GET", "/version", 200, json_type, b'{"version":1}')
        self.refuses("GET", "/version", 200, json_type, b'{"version":"1","more":"2"}')
        self.refuses("GET", "/version", 200, json_type, b"")
        self.refuses("GET", "/version", 200, {"Content-Type": "text/html"}, b'{"version":"1"}')
        self.refuses("GET", "/version", 201, json_type, b'{"version":"1"}')
        self.refuses("GET", "/elsewhere", 200, json_type, b'{"version":"1"}')
        self.refuses("PUT", "/mdm", 403, {"Content-Type": "text/plain"}, b"a reason")
        self.refuses("GET", "/v1/push/a,b", 401, {"Content-Type": "text/plain"}, b"Unauthorized\n")
        self.refuses("GET", "/v1/pushcert?all=1", 200, json_type, b'{"topic":"com.apple.mgmt.x","not_after":"soon"}')


if __name__ == "__main__":
    unittest.main()
