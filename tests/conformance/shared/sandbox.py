"""A local workspace and an app in it, as processes of their own; and its control API."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

WORKSPACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "workspace.toml")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A child that does not outlive the `with`."""

    def __init__(self, command, **options):
        self.child = subprocess.Popen(command, text=True, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.terminate()
        try:
            self.child.wait(40)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Workspace(Process):
    """A local workspace, by its control API at `page`."""

    page = None

    def post(self, act, **body):
        request = urllib.request.Request(
            self.page + "sandbox/" + act,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def get(self, what, **query):
        url = self.page + "sandbox/" + what + "?" + urllib.parse.urlencode(query)
        with urllib.request.urlopen(url, timeout=20) as answer:
            body = answer.read().decode()
            return json.loads(body) if "json" in answer.headers["content-type"] else body

    def transcript(self, channel, person):
        return self.get("transcript", channel=channel, person=person)

    def messages(self, channel, person):
        found = next(known for known in self.get("channels")["channels"] if known["name"] == "#" + channel)
        return self.get("messages", channel=found["id"], person=person)["messages"]


class Sandbox(Workspace):
    """`countersign sandbox`; over Socket Mode unless there is an `app_url`."""

    def __init__(self, binary, app_url=None):
        command = [binary, "sandbox", "--listen", "127.0.0.1:0", "--json", "--workspace", WORKSPACE]
        if app_url:
            command += ["--app-url", app_url]
        super().__init__(command, stdout=subprocess.PIPE)
        self.connection = json.loads(self.child.stdout.readline())
        self.page = self.connection["page"]

    def environment(self):
        """What an installation of the app would have."""
        return {
            "SLACK_API_URL": self.connection["api_url"],
            "SLACK_BOT_TOKEN": self.connection["bot_token"],
            "SLACK_APP_TOKEN": self.connection["app_token"],
            "SLACK_SIGNING_SECRET": self.connection["signing_secret"],
        }


class Demo(Workspace):
    """`countersign demo`, on its own Postgres in the folder `data`."""

    def __init__(self, binary, data):
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        command = [binary, "demo", "--json", "--listen", "127.0.0.1:0", "--data", data]
        super().__init__(command, stdout=subprocess.PIPE, env=environment)
        self.page = json.loads(self.child.stdout.readline())["page"]


class Checks:
    """Counts what holds and says so, a line each."""

    def __init__(self, about):
        self.about, self.failed = about, 0

    def check(self, name, holds, *seen):
        print(f"{'PASS' if holds else 'FAIL'} {self.about}: {name}", flush=True)
        if not holds:
            self.failed += 1
            for value in seen:
                shown = value if isinstance(value, str) else json.dumps(value, indent=2, default=str)
                print("     " + shown.replace("\n", "\n     "), flush=True)

    def equal(self, name, seen, expected):
        self.check(name, seen == expected, "seen:", seen, "expected:", expected)

    def has(self, name, text, part):
        self.check(name, part in text, f"looked for {part!r} in:", text)


def eventually(holds, seconds=10):
    """Waits for what the app does after its acknowledgement."""
    deadline = time.monotonic() + seconds
    while not (result := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return result
