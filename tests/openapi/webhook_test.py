#!/usr/bin/python3
"""Every real event of the webhook is one that schema/webhook.json foresees."""

import http.server
import json
import os
import pathlib
import shutil
import tempfile
import threading
import unittest

import jsonschema

from contract import formats
from peers import Authority, Client, Device, Program

ROOT = pathlib.Path(os.environ["OPENAPI_DOCUMENT"]).resolve().parent.parent
SCHEMA = json.loads((ROOT / "schema/webhook.json").read_text(encoding="utf-8"))
TOPIC = "com.apple.mgmt.External.5d7a2a1c"


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps the events that are posted to it."""

    def __init__(self):
        receiver = self
        self.events = []
        self.changed = threading.Condition()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.changed:
                    receiver.events.append(json.loads(body))
                    receiver.changed.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, count):
        with self.changed:
            return self.changed.wait_for(lambda: len(self.events) >= count, 30)


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="nanomdm-webhook-"))
        cls.addClassCleanup(shutil.rmtree, directory)
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.server_close)
        cls.addClassCleanup(cls.receiver.shutdown)
        authority = Authority(directory)
        server = Program([os.environ["NANOMDM"], "-listen", "127.0.0.1:0", "-ca", authority.certificate,
                          "-storage", "inmem", "-webhook-url", f"http://127.0.0.1:{cls.receiver.server_port}/"],
                         directory / "server.log").wait_until_listening()
        cls.addClassCleanup(server.stop)
        client = Client(server.port)
        device = Device(authority, TOPIC)
        messages = [
            device.authenticate(),
            device.token_update(),
            device.check_in("SetBootstrapToken", BootstrapToken=b"secret"),
            device.check_in("GetBootstrapToken"),
            device.check_in("DeclarativeManagement", Endpoint="tokens"),
            device.check_in("GetToken", TokenServiceType="com.apple.maid"),
            device.check_in("UserAuthenticate", UserID="a-user"),
            device.check_in("TokenUpdate", UserID="a-user", UserShortName="jo", UserLongName="Jo",
                            Topic=TOPIC, PushMagic="magic", Token=b"token"),
            device.report("Idle"),
            device.report("Acknowledged", CommandUUID="unknown"),
            device.check_in("CheckOut"),
        ]
        for body, headers in messages:
            client.call("PUT", "/mdm?tenant=a&empty=", body, headers)
        byod = Device(authority, TOPIC)
        body, headers = byod.check_in("Authenticate", Topic=TOPIC, EnrollmentID="byod")
        body, headers = byod.signed(body.replace(b"UDID", b"XDID"), check_in=True)
        client.call("PUT", "/mdm", body, headers)
        if not cls.receiver.wait_for(len(messages) + 1):
            raise AssertionError(f"only {len(cls.receiver.events)} events came")
        cls.events = cls.receiver.events

    def test_every_event_is_valid(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)
        validator = jsonschema.Draft7Validator(SCHEMA, format_checker=formats)
        for event in self.events:
            with self.subTest(event["topic"]):
                validator.validate(event)

    def test_every_topic_was_seen(self):
        self.assertEqual(set(SCHEMA["properties"]["topic"]["enum"]), {event["topic"] for event in self.events})

    def test_every_optional_member_was_seen_and_left_out(self):
        for kind in ("checkin_event", "acknowledge_event"):
            seen = [set(event[kind]) for event in self.events if kind in event]
            self.assertEqual(set(SCHEMA["definitions"][kind]["properties"]) - {"enrollment_id"},
                             set.union(*seen) - {"enrollment_id"})
        checkins = [event["checkin_event"] for event in self.events if "checkin_event" in event]
        self.assertEqual({True, False}, {"enrollment_id" in event for event in checkins})
        self.assertEqual({True, False}, {"url_params" in event for event in checkins})
        self.assertEqual({True, False}, {"parent_id" in event["ids"] for event in checkins})
        idle = [event["acknowledge_event"] for event in self.events
                if event.get("acknowledge_event", {}).get("status") == "Idle"]
        self.assertNotIn("command_uuid", idle[0])

    def test_the_schema_refuses_what_is_no_event(self):
        validator = jsonschema.Draft7Validator(SCHEMA, format_checker=formats)
        good = next(event for event in self.events if event["topic"] == "mdm.TokenUpdate")
        for change in ({"topic": "mdm.CheckOut"}, {"topic": "mdm.Connect"}, {"event_id": "1"},
                       {"created_at": "today"}, {"more": 1}, {"checkin_event": None}):
            self.assertFalse(validator.is_valid({**good, **change}), change)


if __name__ == "__main__":
    unittest.main()
