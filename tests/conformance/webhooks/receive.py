"""Has a demo release something, fails once to receive it, has it called back, and verifies each message.

    receive.py COUNTERSIGN FOLDER

What came in is written to FOLDER/received.json, for verify.mjs.
"""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from sandbox import Checks, Demo, eventually
from standardwebhooks import Webhook, WebhookVerificationError

NEW = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD = "whsec_" + base64.b64encode(bytes(range(100, 164))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(50, 82))).decode()
REASON = "The price is wrong: “20 %” ≠ 15 %."


# The beginning of the type of every event about a finding.
FINDING = b"countersign.finding."


class Receiver(http.server.ThreadingHTTPServer):
    """Takes in what is posted about findings; the first time it answers that it cannot."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hooks"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        received = self.server.received
        # The sample company's own releases come as well.
        is_ours = FINDING in body
        if is_ours:
            received.append({"headers": {name.lower(): value for name, value in self.headers.items()}, "body": body})
        self.send_response(503 if is_ours and len(received) == 1 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    checks = Checks("webhooks")
    receiver = Receiver()
    os.environ |= {
        "COUNTERSIGN_WEBHOOK_URL": receiver.url,
        "COUNTERSIGN_WEBHOOK_SECRET": NEW,
        "COUNTERSIGN_WEBHOOK_SECRET_OLD": OLD,
    }
    decided = journey(binary, folder / "sent", checks, lambda: len(receiver.received))
    for received in receiver.received:
        verify(checks, received)
    first, second, third = (read(received) for received in receiver.received)
    checks.equal("a repetition has the same id and bytes", first, second)
    checks.check("a revocation has an id of its own", third["id"] != first["id"])
    released(checks, receiver.received[1], decided)
    checks.equal("the revocation names what it takes back", third["data"]["revokes"]["id"], first["id"])
    checks.equal("the reason arrives as it was written", third["data"]["reason"], REASON)

    for name in list(os.environ):
        if name.startswith("COUNTERSIGN_WEBHOOK"):
            del os.environ[name]
    outbox = folder / "kept" / "outbox"
    kept = lambda: sorted(outbox.glob("*-finding-*.json"))
    # The journey expects three messages, of which one is a repetition; a file needs none.
    decided = journey(binary, folder / "kept", checks, lambda: len(kept()) + 1)
    files = kept()
    checks.equal("the outbox holds two files", len(files), 2)
    headers = {"content-type": "application/cloudevents+json"}
    released(checks, {"headers": headers, "body": files[0].read_bytes()}, decided)
    checks.check("their names say what they are", files[0].name.endswith("-released.json"), files[0].name)
    checks.check("and when", files[1].name.endswith("-revoked.json"), files[1].name)

    with open(folder / "received.json", "w") as out:
        messages = [{**one, "body": one["body"].decode()} for one in receiver.received]
        json.dump({"secrets": [NEW, OLD], "other": OTHER, "messages": messages, "decided": decided}, out)
    sys.exit(1 if checks.failed else 0)


def journey(binary, data, checks, messages):
    """Asked, approved, released, called back; the hash that the decision names."""
    shutil.rmtree(data, ignore_errors=True)
    with Demo(binary, data) as demo:
        demo.post("command", person="maya", channel="#research", text="/research why do people cancel?")
        click = lambda button: demo.post("click", person="raj", channel="#research", button=button)
        approved = eventually(lambda: click("Approve").get("status") == 200, 20)
        checks.check("a finding is approved", approved)
        checks.check("its release arrives", eventually(lambda: messages() >= 2, 30), messages())
        modal = eventually(lambda: click("Revoke").get("modal"), 20)
        values = {field["label"]: REASON for field in modal["inputs"]}
        demo.post("submit", person="raj", values=values)
        checks.check("its revocation arrives", eventually(lambda: messages() >= 3, 30), messages())
        export = lambda: subprocess.run(
            [binary, "--data", data, "audit", "export"],
            capture_output=True,
            check=True,
            env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        ).stdout
        acts = lambda: [json.loads(line)["payload"] for line in export().splitlines()]
        of_findings = lambda: [one for one in acts() if one["subject"]["kind"] == "finding"]
        named = lambda act: [one["details"] for one in of_findings() if one["act"] == act]
        checks.check("the trail says that it was delivered", eventually(lambda: len(named("release.delivered")) == 2))
        return named("finding.approved")[0]["content_sha256"]


def verify(checks, received):
    """With the library of Standard Webhooks: under either secret, and not once anything is changed."""
    headers, body = received["headers"], received["body"]
    for name, secret in {"new": NEW, "old": OLD}.items():
        checks.check(f"the {name} secret verifies it", accepts(secret, headers, body))
    checks.check("another secret does not", not accepts(OTHER, headers, body))
    checks.check("nor does a changed body", not accepts(NEW, headers, body.replace(b"finding", b"funding", 1)))
    checks.check("nor another id", not accepts(NEW, {**headers, "webhook-id": "msg_0"}, body))
    later = str(int(headers["webhook-timestamp"]) + 1)
    checks.check("nor another time", not accepts(NEW, {**headers, "webhook-timestamp": later}, body))


def accepts(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def read(received):
    """With the SDK of CloudEvents, which validates the attributes."""
    event = from_http_event(HTTPMessage(headers=received["headers"], body=received["body"]), JSONFormat())
    attributes = {name: str(value) for name, value in event.get_attributes().items()}
    return {**attributes, "data": event.get_data()}


def released(checks, received, decided):
    event, body = read(received), received["body"].decode()
    checks.equal("it is a CloudEvent 1.0", event["specversion"], "1.0")
    checks.equal("of the type", event["type"], "countersign.finding.released")
    checks.equal("it names the hash that was decided on", event["data"]["content_sha256"], decided)
    content = body.split('"content":', 1)[1].rsplit(',"policies":', 1)[0]
    checks.equal("its content hashes to that", hashlib.sha256(content.encode()).hexdigest(), decided)
    checks.equal("its content is the data's", json.loads(content), event["data"]["content"])


main()
