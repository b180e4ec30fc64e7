"""What the tests talk to the server with: its process, a plain HTTP client, and a device made of openssl."""

import base64
import http.client
import http.server
import pathlib
import plistlib
import re
import subprocess
import threading
import uuid


class Program:
    """A server of ours, started on a port of its own choice and ended with its block."""

    def __init__(self, command, log):
        self.log = pathlib.Path(log)
        self._file = self.log.open("wb")
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._file, stderr=subprocess.STDOUT
        )
        self.port = None

    def wait_until_listening(self, pattern=rb'(?:msg="listening" address="?|^https://)[^\s"]*:(\d+)"?\s', patience=30):
        """Returns when the log names the port (the server's way, or the fake APNs'); raises with the log when the program ends or is late."""
        found = threading.Event()

        def watch():
            with self.log.open("rb") as log:
                text = b""
                while not found.is_set() and self._process.poll() is None:
                    text += log.read()
                    match = re.search(pattern, text, re.MULTILINE)
                    if match:
                        self.port = int(match[1])
                        found.set()
                    found.wait(0.02)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        watcher.join(patience)
        found.set()
        if self.port is None:
            self._process.kill()
            self._process.wait()
            self._file.close()
            raise RuntimeError(f"not listening; its log:\n{self.log.read_text(errors='replace')}")
        return self

    def stop(self):
        """Raises with the log unless the program ends when asked to, and well (a sanitizer has its say here)."""
        self._process.terminate()
        try:
            status = self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._file.close()
        if status != 0:
            raise RuntimeError(f"ended with {status}; its log:\n{self.log.read_text(errors='replace')}")


class Client:
    """One request a connection, nothing added to what is asked for."""

    def __init__(self, port):
        self.port = port

    def call(self, method, target, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


class Apple:
    """Answers every POST with the same JSON."""

    answer = b'{"message":"unlocked"}'

    def __enter__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(Apple.answer)))
                self.end_headers()
                self.wfile.write(Apple.answer)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, check=True, capture_output=True).stdout


class Authority:
    """A CA for identities, and push certificates of its own making."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.certificate, self.key = self._self_signed("ca", "/CN=Test CA")

    def _self_signed(self, name, subject):
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 30, "-subj", subject,
                "-keyout", key, "-out", certificate)
        return certificate, key

    def push_certificate(self, topic):
        """PEM of a certificate and its key, as uploaded to /v1/pushcert."""
        certificate, key = self._self_signed("push", f"/UID={topic}/CN=APSP")
        return certificate.read_bytes() + key.read_bytes()

    def identity(self, name):
        """(certificate, key) files of a device's identity."""
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        request = openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key)
        openssl("x509", "-req", "-days", 30, "-CA", self.certificate, "-CAkey", self.key, "-out", certificate,
                data=request)
        return certificate, key


class Device:
    """A Mac as far as the protocol goes: signs its bodies with its identity (Mdm-Signature)."""

    def __init__(self, authority, topic):
        self.udid = str(uuid.uuid4()).upper()
        self.topic = topic
        self._certificate, self._key = authority.identity(self.udid)

    def signed(self, body, check_in):
        """(body, headers) of a request to /mdm."""
        signature = openssl("cms", "-sign", "-binary", "-outform", "DER", "-signer", self._certificate,
                            "-inkey", self._key, data=body)
        kind = "application/x-apple-aspen-mdm-checkin" if check_in else "application/x-apple-aspen-mdm"
        return body, {"Mdm-Signature": base64.b64encode(signature).decode(), "Content-Type": kind}

    def check_in(self, message_type, **members):
        message = {"MessageType": message_type, "UDID": self.udid, **members}
        return self.signed(plistlib.dumps(message), check_in=True)

    def authenticate(self):
        return self.check_in("Authenticate", Topic=self.topic, SerialNumber="C02TEST00001")

    def token_update(self):
        token = uuid.UUID(self.udid).bytes * 2
        return self.check_in("TokenUpdate", Topic=self.topic, PushMagic=self.udid, Token=token)

    def report(self, status, **members):
        return self.signed(plistlib.dumps({"UDID": self.udid, "Status": status, **members}), check_in=False)


def command(request_type="DeviceInformation", uuid_text=None):
    """A command's property list."""
    return plistlib.dumps({
        "CommandUUID": uuid_text or str(uuid.uuid4()),
        "Command": {"RequestType": request_type, "Queries": ["DeviceName", "OSVersion"]},
    })
