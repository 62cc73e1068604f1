"""People use the ticket app, over signed HTTP and over Socket Mode.

    journey.py COUNTERSIGN FOLDER NAME COMMAND…

COMMAND starts the app: ../bolt-js/app.js or ../bolt-python/app.py. They are written with Slack's own
SDKs and do the same, so what people see must be the same, too. Their log is kept in FOLDER.
"""

import os
import subprocess
import sys
import traceback
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from sandbox import Checks, Process, Sandbox, eventually, free_port


def main():
    binary, folder, name, *command = sys.argv[1:]
    transports = ("HTTP", "Socket Mode")
    with ThreadPoolExecutor() as pool:
        failed = list(pool.map(lambda transport: attempt(binary, folder, name, command, transport), transports))
    sys.exit(1 if any(failed) else 0)


def attempt(binary, folder, name, command, transport):
    checks = Checks(f"{name}, {transport}")
    path = os.path.join(folder, f"app, {transport}.log")
    try:
        with open(path, "w") as log:
            run(binary, checks, command, transport == "Socket Mode", log)
    except Exception as error:
        traceback.print_exc()
        checks.check("the journey comes to its end", False, repr(error))
    if checks.failed:
        with open(path) as log:
            print(f"The last lines of the app's log, {path}:", *log.readlines()[-30:], sep="\n  ")
    return checks.failed


def run(binary, checks, command, socket_mode, log):
    port = free_port()
    app_url = f"http://127.0.0.1:{port}/slack/events"
    with Sandbox(binary, None if socket_mode else app_url) as sandbox:
        environment = {
            **os.environ,
            **sandbox.environment(),
            "PORT": str(port),
            "SLACK_SOCKET_MODE": "yes" if socket_mode else "no",
        }
        with Process(command, env=environment, stdout=log, stderr=subprocess.STDOUT):
            ping = lambda: sandbox.post("command", person="anna", channel="#office", text="/ping")
            answer = eventually(lambda: (seen := ping())["status"] == 200 and seen, 30)
            checks.check("the app starts and takes a command", answer)
            if not answer:
                return
            checks.equal("the acknowledgement is what they read", answer["ephemeral"], ["pong"])
            for part in (commands, modal, refused_submission, card, details, shortcuts, events, home, files):
                part(sandbox, checks)
            (reconnection if socket_mode else forgery)(sandbox, checks, app_url)


def types(sandbox, text, person="anna", channel="#office"):
    return sandbox.post("command", person=person, channel=channel, text=text)


def waits_for(sandbox, part, channel="#office", person="anna"):
    """The transcript, once `part` is in it."""
    seen = lambda: sandbox.transcript(channel, person)
    eventually(lambda: part in seen())
    return seen()


def commands(sandbox, checks):
    answer = types(sandbox, "/ticket help")
    checks.equal("a command is answered privately", answer["ephemeral"], ["Type /ticket to open one."])
    checks.check("and by nobody else seen", "to open one" not in sandbox.transcript("#office", "beno"))

    types(sandbox, "/ticket tea & <cake> for @beno in #garden")
    expected = "Heard from anna: tea & <cake> for @beno in #garden"
    checks.has("say posts, with mentions and escapes", waits_for(sandbox, expected), expected)

    answer = types(sandbox, "/ticket slow")
    checks.equal("a late acknowledgement is none", answer["status"], 0)
    checks.has("and the person is told", str(answer["ephemeral"]), "operation_timeout")


VALUES = {
    "Summary": "Tap drips",
    "Urgency": "This week",
    "Owner": "beno",
    "Due": "2026-12-01",
    "Tags": ["Loud", "Wet"],
}


def modal(sandbox, checks):
    answer = types(sandbox, "/ticket")
    checks.equal("a command opens a modal", answer["modal"] and answer["modal"]["title"], "New ticket")
    labels = [field["label"] for field in answer["modal"]["inputs"]]
    checks.equal("with its fields", labels, ["Summary", "Urgency", "Owner", "Due", "Tags"])

    answer = sandbox.post("close", person="anna")
    checks.equal("closing it is heard", (answer["ephemeral"], answer["modal"]), (["No ticket, then."], None))


def refused_submission(sandbox, checks):
    types(sandbox, "/ticket")
    answer = sandbox.post("submit", person="anna", values={"Summary": "Tap drips"})
    checks.check("what is missing keeps the form open", answer["modal"]["errors"].keys() == {"Urgency", "Owner"}, answer)
    answer = sandbox.post("submit", person="anna", values={**VALUES, "Summary": "Tap"})
    checks.equal("the app's errors stand at their fields", answer["modal"]["errors"], {"Summary": "Say a little more."})
    answer = sandbox.post("submit", person="anna", values=VALUES)
    checks.equal("a good submission closes the modal", (answer["status"], answer["modal"]), (200, None))


def card(sandbox, checks):
    text = waits_for(sandbox, "*Tap drips* for @beno")
    checks.has("the app posts blocks", text, "week, due 2026-12-01, tags loud+wet")
    checks.has("with buttons", text, "[Resolve] [Details]")
    message = next(one for one in sandbox.messages("office", "anna") if one["text"] == "Ticket: Tap drips")
    checks.equal("and metadata", message["metadata"]["event_type"], "ticket_created")

    answer = sandbox.post("click", person="beno", channel="#office", button="Resolve")
    eventually(lambda: "Resolved by @beno" in sandbox.transcript("#office", "beno"))
    checks.equal("a button is answered privately by its response_url", answer["ephemeral"], ["Thank you."])
    text = waits_for(sandbox, "Resolved by @beno")
    checks.has("everyone sees the updated message", text, "Resolved by @beno")
    checks.check("whose buttons are gone", "[Resolve]" not in text, text)
    checks.equal("and which is the same message", sandbox.messages("office", "anna")[-1]["ts"], message["ts"])


def details(sandbox, checks):
    types(sandbox, "/ticket")
    sandbox.post("submit", person="anna", values={**VALUES, "Summary": "Lamp broken", "Due": None, "Tags": []})
    text = waits_for(sandbox, "*Lamp broken*")
    checks.has("empty optional fields are null and []", text, "week, due never, tags none")
    answer = sandbox.post("click", person="anna", channel="#office", button="Details")
    checks.has("a button opens a modal", str(answer["modal"]), "Lamp broken")
    answer = sandbox.post("click", person="anna", button="History")
    checks.equal("a button in it pushes another", answer["modal"] and answer["modal"]["title"], "History")
    answer = sandbox.post("submit", person="anna", values={})
    checks.equal("response_action clear closes all", answer["modal"], None)


def shortcuts(sandbox, checks):
    sandbox.post("message", person="beno", channel="#office", text="The door squeaks")
    message = sandbox.messages("office", "beno")[-1]
    answer = sandbox.post(
        "shortcut", person="anna", name="Turn into a ticket", channel="#office", message=message["ts"]
    )
    values = {field["label"]: field.get("value") for field in answer["modal"]["inputs"]}
    checks.equal("a message shortcut knows its message", values["Summary"], "The door squeaks")
    sandbox.post("submit", person="anna", values={"Urgency": "Today", "Owner": "anna"})
    text = waits_for(sandbox, "*The door squeaks*")
    checks.has("and its thread", text, "    tickets: *The door squeaks* for @anna")

    answer = sandbox.post("shortcut", person="anna", name="New ticket")
    checks.equal("a global shortcut opens a modal", answer["modal"] and answer["modal"]["title"], "New ticket")
    sandbox.post("submit", person="anna", values={"Urgency": "Today", "Owner": "anna"})
    text = waits_for(sandbox, "*From the shortcut*", channel="@tickets")
    checks.has("a message to a person goes to their conversation with the app", text, "*From the shortcut* for @anna")


def events(sandbox, checks):
    sandbox.post("message", person="anna", channel="#office", text="Are you there, @tickets?")
    text = waits_for(sandbox, "    tickets: Yes, @anna?")
    checks.has("a mention is answered in its thread", text, "    tickets: Yes, @anna?")
    sandbox.post("message", person="anna", channel="@tickets", text="hello")
    text = waits_for(sandbox, "Hello, @anna", channel="@tickets")
    checks.has("a direct message is answered", text, "tickets: Hello, @anna")

    office = sandbox.messages("office", "anna")
    question = next(one for one in office if "Are you there" in one["text"])
    sandbox.post(
        "page/react", person="anna", channel=question["channel"], ts=question["ts"], name="wave", add=True
    )
    checks.has("a reaction is seen and answered", waits_for(sandbox, ":eyes: 1"), ":wave: 1  :eyes: 1")


def home(sandbox, checks):
    sandbox.post("home", person="anna")
    look = lambda: sandbox.post("home", person="anna")["home_text"] or ""
    checks.has("App Home is published when it is opened", eventually(look), "Looked at 1 times")
    answer = sandbox.post("click", person="anna", home=True, button="Refresh")
    checks.equal("a button on it works", answer["status"], 200)
    state = lambda: str(sandbox.get("state", person="U0ANNA0000")["home"])
    checks.check("and publishes it anew", eventually(lambda: "Looked at 2 times" in state()), state())


def files(sandbox, checks):
    types(sandbox, "/ticket export")
    checks.has("a file is shared", waits_for(sandbox, "tickets.csv"), "tickets: All tickets\n  (file: tickets.csv")
    message = next(one for one in sandbox.messages("office", "anna") if one.get("files"))
    with urllib.request.urlopen(message["files"][0]["url_private"], timeout=10) as answer:
        checks.equal("byte for byte", answer.read(), b"summary,owner\nTap drips,beno\n")


def forgery(sandbox, checks, app_url):
    """The app believes the workspace because of its signature, not because it believes anyone."""
    request = urllib.request.Request(app_url, data=b"command=%2Fping", headers={
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": "1700000000",
        "X-Slack-Signature": "v0=" + "0" * 64,
    })
    try:
        status = urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        status = error.code
    checks.equal("the app refuses what is not signed", status, 401)


def reconnection(sandbox, checks, _):
    works = lambda: types(sandbox, "/ping")["ephemeral"] == ["pong"]
    for fault in ({"kind": "disconnect", "reason": "refresh_requested"}, {"kind": "drop_sockets"}):
        sandbox.post("fault", **fault)
        checks.check(f"the app comes back after {fault['kind']}", eventually(works, 20))


main()
