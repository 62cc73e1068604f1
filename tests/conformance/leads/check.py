"""Sends leads to the bot, signed with the library of Standard Webhooks; send.mjs, with those for JavaScript.

    check.py COUNTERSIGN FOLDER
"""

import base64
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

from sandbox import Checks, Process, Sandbox, eventually, free_port
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(50, 82))).decode()
HUBSPOT = "a-client-secret-of-hubspot"
PUBLIC = "https://countersign.example"


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    checks = Checks("leads")
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    listen = f"127.0.0.1:{free_port()}"
    with Sandbox(binary) as sandbox, open(folder / "bot.log", "w") as log:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= sandbox.environment() | {
            "COUNTERSIGN_LISTEN": listen,
            "COUNTERSIGN_LEADS_SECRET": SECRET,
            "COUNTERSIGN_LEADS_SECRET_OLD": OLD,
            "COUNTERSIGN_HUBSPOT_SECRET": HUBSPOT,
            "COUNTERSIGN_PUBLIC_URL": PUBLIC,
        }
        command = [binary, "--data", data, "serve"]
        with Process(command, env=environment, stdout=log, stderr=subprocess.STDOUT):
            checks.check("the bot starts", eventually(lambda: is_ready(listen), 40))
            url = f"http://{listen}/ingest/leads"
            standard(checks, url)
            command = ["node", folder / "send.mjs", url, PUBLIC, SECRET, HUBSPOT]
            checks.equal("the libraries for JavaScript", subprocess.run(command, timeout=60).returncode, 0)
    sys.exit(1 if checks.failed else 0)


def is_ready(listen):
    try:
        with urllib.request.urlopen(f"http://{listen}/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def standard(checks, url):
    now = datetime.datetime.now(datetime.timezone.utc)
    body = json.dumps({"system": "shop", "records": [{"id": "1", "email": "anna@acme.example", "company": "Köhler & Söhne"}]})
    status, said = send(url, body, SECRET, now)
    checks.equal("a signed delivery is taken", (status, said.get("new")), (200, 1))
    status, said = send(url, body, OLD, now)
    checks.equal("under the old secret, too, and is known", (status, said.get("unchanged")), (200, 1))
    status, said = send(url, body, SECRET, now, tampered=body.replace("anna", "anne"))
    checks.equal("a tampered one is refused", status, 401)
    checks.has("in a sentence", said.get("error", ""), "The signature does not match the body.")
    checks.equal("another secret is refused", send(url, body, OTHER, now)[0], 401)
    checks.equal("another id is refused", send(url, body, SECRET, now, id="msg_other")[0], 401)
    stale = now - datetime.timedelta(minutes=6)
    status, said = send(url, body, SECRET, stale)
    checks.equal("a stale one is refused", status, 401)
    checks.has("with why", said.get("error", ""), "more than five minutes")


def send(url, body, secret, at, tampered=None, id="msg_1"):
    """Signs a body, and sends it or another one, under the id that was signed or another one."""
    headers = {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body),
    }
    request = urllib.request.Request(url, data=(tampered or body).encode(), headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


main()
