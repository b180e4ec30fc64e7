#!/usr/bin/python3
"""Every real answer of the running server is one that docs/openapi.yaml foresees."""

import base64
import json
import os
import pathlib
import shutil
import tempfile
import time
import unittest
import urllib.parse

from contract import Contract
from peers import Apple, Authority, Client, Device, Program, command

KEY = "a key for the test"
TOPIC = "com.apple.mgmt.External.5d7a2a1c"


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="nanomdm-openapi-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.contract = Contract(os.environ["OPENAPI_DOCUMENT"])
        cls.authority = Authority(cls.directory)
        cls.apns = cls.start([os.environ["FAKE_APNS"], "--ca-out", cls.directory / "apns-ca.pem"], "apns.log")
        cls.client = Client(cls.start_server("db", "-max-body", "1M").port)
        cls.put_push_certificate()

    @classmethod
    def start(cls, arguments, log):
        program = Program(arguments, cls.directory / log).wait_until_listening()
        cls.addClassCleanup(program.stop)
        return program

    @classmethod
    def start_server(cls, storage, *options):
        return cls.start([os.environ["NANOMDM"], "-listen", "127.0.0.1:0", "-api", KEY,
                          "-ca", cls.authority.certificate,
                          "-storage", "file", "-storage-dsn", cls.directory / storage,
                          "-apns-url", f"https://127.0.0.1:{cls.apns.port}",
                          "-apns-ca", cls.directory / "apns-ca.pem", *options], f"{storage}.log")

    @classmethod
    def call(cls, method, target, body=b"", headers=None, client=None):
        """Makes a call, holds the answer against the document. Returns (status, body)."""
        status, answered, content = (client or cls.client).call(method, target, body, headers)
        cls.contract.check(method, target, status, answered, content)
        return status, content

    @classmethod
    def api(cls, method, target, body=b"", content_type=None):
        headers = {"Authorization": "Basic " + base64.b64encode(f"nanomdm:{KEY}".encode()).decode()}
        if content_type:
            headers["Content-Type"] = content_type
        status, content = cls.call(method, target, body, headers)
        return status, json.loads(content) if content.startswith(b"{") else content

    @classmethod
    def put_push_certificate(cls):
        return cls.api("PUT", "/v1/pushcert", cls.authority.push_certificate(TOPIC))

    def enrolled(self):
        device = Device(self.authority, TOPIC)
        for body, headers in (device.authenticate(), device.token_update()):
            self.assertEqual((200, b""), self.call("PUT", "/mdm", body, headers))
        return device

    def test_version(self):
        self.assertEqual(200, self.call("GET", "/version")[0])

    def test_probes_and_metrics(self):
        for path in ("/healthz", "/readyz"):
            self.assertEqual((200, b"ok\n"), self.call("GET", path))
        self.assertEqual(401, self.call("GET", "/metrics")[0])
        self.assertEqual(200, self.api("GET", "/metrics")[0])

    def test_push_certificates(self):
        status, stored = self.put_push_certificate()
        self.assertEqual((200, TOPIC), (status, stored["topic"]))
        self.assertEqual((200, stored), self.api("GET", f"/v1/pushcert?topic={TOPIC}"))
        self.assertEqual((200, {"push_certificates": [stored]}), self.api("GET", "/v1/pushcert?all=1"))
        self.assertEqual(400, self.api("GET", "/v1/pushcert")[0])
        self.assertEqual(404, self.api("GET", "/v1/pushcert?topic=com.apple.mgmt.nobody")[0])
        self.assertEqual(400, self.api("PUT", "/v1/pushcert", b"no certificate")[0])

    def test_calls_without_the_key(self):
        for method, target in (("GET", "/v1/pushcert?all=1"), ("PUT", "/v1/pushcert"), ("GET", "/v1/push/a"),
                               ("POST", "/v1/push"), ("PUT", "/v1/enqueue/a"), ("POST", "/v1/enqueue")):
            self.assertEqual(401, self.call(method, target)[0], target)

    def test_a_command_on_its_way(self):
        device = self.enrolled()
        sent = command(uuid_text="from-the-test")
        status, answer = self.api("PUT", f"/v1/enqueue/{device.udid}", sent)
        self.assertEqual((200, "from-the-test", "DeviceInformation"),
                         (status, answer["command_uuid"], answer["request_type"]))
        self.assertTrue(answer["status"][device.udid]["push_result"])
        self.assertEqual((200, sent), self.call("PUT", "/mdm", *device.report("Idle")))
        done = device.report("Acknowledged", CommandUUID="from-the-test")
        self.assertEqual((200, b""), self.call("PUT", "/mdm", *done))

    def test_pushes(self):
        device = self.enrolled()
        status, answer = self.api("GET", f"/v1/push/{device.udid}")
        self.assertEqual(200, status)
        self.assertTrue(answer["status"][device.udid]["push_result"])
        self.assertEqual(207, self.api("GET", f"/v1/push/{device.udid},nobody")[0])
        self.assertEqual(500, self.api("GET", "/v1/push/nobody")[0])

    def test_enqueueing_without_a_push_and_to_unknown_ids(self):
        device = self.enrolled()
        status, answer = self.api("PUT", f"/v1/enqueue/{device.udid}?nopush=1", command())
        self.assertEqual((200, True), (status, answer["no_push"]))
        status, answer = self.api("PUT", f"/v1/enqueue/{device.udid},nobody", command())
        self.assertEqual(207, status)
        self.assertEqual("enrollment not found", answer["status"]["nobody"]["command_error"])
        self.assertEqual(500, self.api("PUT", "/v1/enqueue/nobody", command())[0])

    def test_commands_that_are_refused(self):
        device = self.enrolled()
        self.assertEqual(400, self.api("PUT", f"/v1/enqueue/{device.udid}", b"not a property list")[0])
        self.api("PUT", f"/v1/enqueue/{device.udid}", command(uuid_text="taken"))
        other = command("SecurityInfo", uuid_text="taken")
        self.assertEqual(409, self.api("PUT", f"/v1/enqueue/{device.udid}", other)[0])
        self.assertEqual(413, self.api("PUT", f"/v1/enqueue/{device.udid}", b"x" * (1 << 20) + b"x")[0])

    def test_calls_with_the_ids_in_the_body(self):
        device = self.enrolled()
        body = {"ids": [device.udid, "nobody"], "command": command().decode(), "no_push": True}
        self.assertEqual(207, self.api("POST", "/v1/enqueue", json.dumps(body), "application/json")[0])
        body["ids"] = [device.udid]
        self.assertEqual(200, self.api("POST", "/v1/enqueue", json.dumps(body), "application/json")[0])
        self.assertEqual(400, self.api("POST", "/v1/enqueue", "{}", "application/json")[0])
        body = {"ids": [device.udid]}
        self.assertEqual(200, self.api("POST", "/v1/push", json.dumps(body), "application/json")[0])
        self.assertEqual(400, self.api("POST", "/v1/push", "ids", "text/plain")[0])

    def test_calls_with_the_ids_in_a_form(self):
        device = self.enrolled()

        def form(**parts):
            lines = []
            for name, value in parts.items():
                lines += ["--edge", f'Content-Disposition: form-data; name="{name}"', "", value]
            return "\r\n".join([*lines, "--edge--", ""])

        kind = "multipart/form-data; boundary=edge"
        sent = form(ids=f"{device.udid}\n", command=command().decode(), no_push="1")
        self.assertEqual(200, self.api("POST", "/v1/enqueue", sent, kind)[0])
        self.assertEqual(200, self.api("POST", "/v1/push", form(ids=device.udid), kind)[0])

    def test_devices_that_are_refused(self):
        device, other = self.enrolled(), self.enrolled()
        self.assertEqual(400, self.call("PUT", "/mdm", b"unsigned")[0])
        body, _ = device.report("Idle")
        _, foreign = other.signed(body, check_in=False)
        self.assertEqual((403, b""), self.call("PUT", "/mdm", body, foreign))
        body, headers = device.check_in("UserAuthenticate", UserID="a-user")
        self.assertEqual(410, self.call("PUT", "/mdm", body, headers)[0])
        self.assertEqual(413, self.call("PUT", "/mdm", b"x" * (1 << 20) + b"x")[0])

    def test_bootstrap_tokens(self):
        device = self.enrolled()
        self.assertEqual((200, b""), self.call("PUT", "/mdm", *device.check_in("GetBootstrapToken")))
        stored = device.check_in("SetBootstrapToken", BootstrapToken=b"secret")
        self.assertEqual((200, b""), self.call("PUT", "/mdm", *stored))
        self.assertIn(b"<data>", self.call("PUT", "/mdm", *device.check_in("GetBootstrapToken"))[1])

    def test_dead_letters(self):
        # Nobody listens on port 9, and an event that fails is too old at once.
        client = Client(self.start_server("webhook", "-webhook-url", "http://127.0.0.1:9/",
                                          "-webhook-max-age", "0s").port)

        def api(method, target, body=b""):
            key = base64.b64encode(f"nanomdm:{KEY}".encode()).decode()
            headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
            status, content = self.call(method, target, body, headers, client=client)
            return status, json.loads(content)

        device = Device(self.authority, TOPIC)
        for body, headers in (device.authenticate(), device.token_update()):
            self.assertEqual(200, self.call("PUT", "/mdm", body, headers, client=client)[0])
        deadline = time.monotonic() + 30
        while len(api("GET", "/v1/webhook/dead")[1]["dead_letters"]) < 2:
            self.assertLess(time.monotonic(), deadline, "nothing was given up")
        status, page = api("GET", "/v1/webhook/dead?limit=1")
        self.assertEqual((200, 1), (status, len(page["dead_letters"])))
        status, rest = api("GET", f"/v1/webhook/dead?cursor={page['next_cursor']}")
        self.assertEqual("mdm.TokenUpdate", rest["dead_letters"][0]["topic"])
        self.assertNotIn("next_cursor", rest)
        for query in ("limit=0", "limit=1001", "limit=many", "cursor=x"):
            self.assertEqual(400, api("GET", f"/v1/webhook/dead?{query}")[0], query)

        one = json.dumps({"ids": [page["dead_letters"][0]["id"], 4711]})
        self.assertEqual((200, {"replayed": 1}), api("POST", "/v1/webhook/dead/replay", one))
        self.assertEqual(200, api("POST", "/v1/webhook/dead/replay", '{"all": true}')[0])
        for body in ("", "[]", "{}", '{"ids": "1"}', '{"ids": [-1]}', '{"all": 1}', '{"all": true, "ids": [1]}'):
            self.assertEqual(400, api("POST", "/v1/webhook/dead/replay", body)[0], body)

    def test_messages_from_another_server(self):
        client = Client(self.start_server("migration", "-migration").port)
        device = Device(self.authority, TOPIC)

        def migrate(body):
            headers = {"Authorization": "Basic " + base64.b64encode(f"nanomdm:{KEY}".encode()).decode()}
            return self.call("PUT", "/migration", body, headers, client=client)[0]

        for body, _ in (device.authenticate(), device.token_update()):
            self.assertEqual(200, migrate(body))
        self.assertEqual(410, migrate(device.check_in("UserAuthenticate", UserID="a-user")[0]))
        self.assertEqual(400, migrate(b"no message"))
        self.assertEqual(401, self.call("PUT", "/migration", b"", client=client)[0])
        self.assertEqual(404, self.api("PUT", "/migration", b"")[0])

    def test_escrow_key_unlock(self):
        form = {name: "x" for name in ("serial", "productType", "escrowKey", "orgName", "guid")} | {"topic": TOPIC}
        with Apple() as apple:
            server = self.start_server("escrow", "-escrow-url", f"http://127.0.0.1:{apple.port}/")
            client = Client(server.port)

            def unlock(**changes):
                headers = {"Authorization": "Basic " + base64.b64encode(f"nanomdm:{KEY}".encode()).decode(),
                           "Content-Type": "application/x-www-form-urlencoded"}
                body = urllib.parse.urlencode({**form, **changes})
                return self.call("POST", "/v1/escrowkeyunlock", body, headers, client=client)

            self.assertEqual(404, unlock()[0])
            headers = {"Authorization": "Basic " + base64.b64encode(f"nanomdm:{KEY}".encode()).decode()}
            client.call("PUT", "/v1/pushcert", self.authority.push_certificate(TOPIC), headers)
            self.assertEqual((200, apple.answer), unlock())
            self.assertEqual(400, unlock(serial="")[0])
        self.assertEqual(502, unlock()[0])

    def test_check_ins_on_their_own_endpoint(self):
        apart = Client(self.start_server("db-checkin", "-checkin").port)
        device = Device(self.authority, TOPIC)
        for body, headers in (device.authenticate(), device.token_update()):
            self.assertEqual(200, self.call("PUT", "/checkin", body, headers, client=apart)[0])
        self.assertEqual(400, self.call("PUT", "/checkin", b"unsigned", client=apart)[0])

    def test_requests_passed_on(self):
        url = f"http://127.0.0.1:{self.client.port}/"  # another of our own will do
        server = self.start_server("db-authproxy", "-auth-proxy-url", url)
        proxy = Client(server.port)
        device = Device(self.authority, TOPIC)
        _, signature = device.signed(b"", check_in=False)
        self.assertEqual(400, self.call("GET", "/authproxy/version", headers=signature, client=proxy)[0])
        for body, headers in (device.authenticate(), device.token_update()):
            self.assertEqual(200, self.call("PUT", "/mdm", body, headers, client=proxy)[0])
        status, content = self.call("GET", "/authproxy/version", headers=signature, client=proxy)
        self.assertEqual((200, {"version"}), (status, set(json.loads(content))))
        self.assertEqual(400, self.call("GET", "/authproxy/version", client=proxy)[0])

    @classmethod
    def tearDownClass(cls):
        called = {name for name, status in cls.contract.answered if status == "200"}
        documented = {operation["operationId"] for _, _, operation in cls.contract.operations()}
        if called != documented:
            raise AssertionError(f"documented and never seen to succeed: {sorted(documented - called)}")


if __name__ == "__main__":
    unittest.main()
