"""Has `countersign doctor --models` ask aimock in every way it can go, and reads what it asked with.

    check.py COUNTERSIGN FOLDER

FOLDER holds aimock in node_modules.
"""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import typing
import urllib.request

# Pydantic validates an Iterable only when it is read, and takes a text for one.
typing.Iterable = typing.List

from anthropic import transform_schema
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from openai.lib._pydantic import _ensure_strict_json_schema as strict_schema
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter
from sandbox import Checks, Demo, Process, eventually, free_port

PROTOCOLS = ["anthropic", "openai"]
KEY = "key-that-aimock-knows"
KEYS = {"AIMOCK_KEY": KEY, "OTHER_KEY": "key-that-it-does-not-know"}
EXAMPLE = pathlib.Path(__file__).parents[3] / "manifests/team.toml"
ANSWER = {"content": '{"word":"thread"}', "usage": {"prompt_tokens": 57, "completion_tokens": 11}}
USAGE = {"anthropic": {"input_tokens": 57, "output_tokens": 11}, "openai": ANSWER["usage"]}


def error(status, kind, retry_after=None, code=None):
    body = {"error": {"message": f"a {kind}", "type": kind}, "status": status}
    if code:
        body["error"]["code"] = code
    return body | ({"retryAfter": retry_after} if retry_after is not None else {})


# What aimock answers, one after the other, and what is to come of it.
WAYS = {
    "whole": ([ANSWER], "answered"),
    "cut": ([{**ANSWER, "cut": 5}], "cut_off"),
    "dropped": ([{**ANSWER, "cut": 1}], "down"),
    "limit": ([{"content": '{"word":"thr', "finishReason": "length"}], "cut_off"),
    "prose": ([{"content": "The word is thread."}], "not_as_asked"),
    "stranger": ([{"content": '{"name":"thread"}'}], "not_as_asked"),
    "fast": ([error(429, "rate_limit_error", 1), ANSWER], "answered"),
    "slow": ([error(429, "rate_limit_error", 600)], "rate_limited"),
    "spent": ([error(429, "insufficient_quota", code="insufficient_quota")], "spend_limit"),
    "overloaded": ([error(529, "overloaded_error"), ANSWER], "answered"),
    "down": ([error(529, "overloaded_error")], "down"),
    "unknown": ([error(404, "not_found_error")], "unacceptable"),
    "locked": ([ANSWER], "key_refused"),
}


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    checks = Checks("models")
    for protocol in PROTOCOLS:
        answers(checks, binary, folder, protocol)
    requests(checks, binary, folder)
    agent(checks, binary, folder, "research", "/research why do people cancel?")
    agent(checks, binary, folder, "content", "/draft linkedin Spring launch")
    sys.exit(1 if checks.failed else 0)


def answers(checks, binary, folder, protocol):
    """Every way it can go, against aimock."""
    fixtures = [fixture for name, (responses, _) in WAYS.items() for fixture in fixtures_of(protocol, name, responses)]
    file = folder / f"fixtures.{protocol}.json"
    file.write_text(json.dumps({"fixtures": fixtures}))
    port = free_port()
    command = ["node", folder / "node_modules/@copilotkit/aimock/dist/cli.js"]
    command += ["--port", str(port), "--fixtures", file, "--chunk-size", "3", "--strict", "--log-level", "warn"]
    with Process(command, env={**os.environ, "AIMOCK_API_KEYS": KEY}):
        base = f"http://127.0.0.1:{port}"
        checks.check(f"{protocol}: aimock answers", eventually(lambda: reached(base), 20))
        asked = doctor(binary, folder, protocol, base, WAYS)
        for name, (_, expected) in WAYS.items():
            checks.equal(f"{protocol}: {name}", asked[name]["outcome"], expected)
        whole = asked["whole"]
        checks.equal(f"{protocol}: it says the word", whole["says"], "thread")
        checks.check(f"{protocol}: it came in pieces", whole["deltas"] >= 5, whole)
        checks.equal(f"{protocol}: what went in", whole["input_tokens"], 57)
        checks.equal(f"{protocol}: what came out", whole["output_tokens"], 11)
        checks.equal(f"{protocol}: what it cost", whole["cost"], "0.000336 USD")
        counted = {name: len(entries) for name, entries in journal(base).items()}
        tries = {"fast": 2, "overloaded": 2, "down": 4, "dropped": 4}
        for name in sorted(WAYS.keys() - {"locked"}):
            checks.equal(f"{protocol}: how often {name} was asked", counted.get(name, 0), tries.get(name, 1))
        waited = asked["fast"]["duration_ms"]
        checks.check(f"{protocol}: it waited as long as it was asked to", waited >= 1000, waited)


def fixtures_of(protocol, name, responses):
    """In order; the last one again and again."""
    for index, response in enumerate(responses):
        response = dict(response)
        fixture = {"match": {"model": name}}
        if index < len(responses) - 1:
            fixture["match"]["sequenceIndex"] = index
        if "cut" in response:
            # With a pause between them, for what aimock has not sent yet it takes back.
            fixture |= {"truncateAfterChunks": response.pop("cut"), "latency": 25}
        if "usage" in response:
            response["usage"] = USAGE[protocol]
        yield fixture | {"response": response}


def reached(base):
    try:
        request = urllib.request.Request(base + "/__aimock/journal", headers={"Authorization": f"Bearer {KEY}"})
        return urllib.request.urlopen(request, timeout=2).status == 200
    except OSError:
        return False


def journal(base):
    """What aimock was asked, by the model that was asked for."""
    request = urllib.request.Request(base + "/__aimock/journal", headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        entries = json.load(answer)
    by_model = {}
    for entry in entries:
        model = (entry.get("body") or {}).get("model")
        by_model.setdefault(model, []).append(entry)
    return by_model


def doctor(binary, folder, protocol, base, names, lines=""):
    """`countersign doctor --models` with a model for each name; what came of asking each."""
    models = [model(protocol, base, name, lines) for name in names]
    manifest = folder / "team.toml"
    manifest.write_text("\n".join([EXAMPLE.read_text(), *models]))
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"COUNTERSIGN_MANIFEST": str(manifest)} | KEYS
    command = [binary, "--data", folder / "data", "doctor", "--models", "--json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    findings = json.loads(ran.stdout)
    assert KEY not in ran.stdout + ran.stderr, "a key is printed"
    return {one["asked"]["model"]: one["asked"] for one in findings if "asked" in one}


def model(protocol, base, name, lines=""):
    """A `[[model]]` of the manifest."""
    url = base if protocol == "anthropic" else base + "/v1"
    key = "OTHER_KEY" if name == "locked" else "AIMOCK_KEY"
    return (
        f'[[model]]\nname = "{name}"\nprotocol = "{protocol}"\nmodel = "{name}"\nurl = "{url}"\n'
        f'timeout = "20s"\nkey = "{key}"\n{lines}\n'
        'price = { input = "3.00", output = "15.00", currency = "USD" }\n'
    )


class Recorder(http.server.ThreadingHTTPServer):
    """Keeps the bodies that are posted, and answers nothing useful."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(400)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def requests(checks, binary, folder):
    """What the doctor asks, before the types of the SDKs, which must know all of it."""
    recorder = Recorder()
    base = f"http://127.0.0.1:{recorder.server_port}"
    doctor(binary, folder, "anthropic", base, ["one"])
    doctor(binary, folder, "openai", base, ["one"])
    doctor(binary, folder, "openai", base, ["one"], 'max_tokens_field = "max_completion_tokens"')
    anthropic, openai, other = recorder.bodies
    accepted(checks, "the anthropic SDK knows it", MessageCreateParamsStreaming, anthropic)
    checks.check("without a temperature", "temperature" not in anthropic, anthropic)
    accepted(checks, "the openai SDK knows it", CompletionCreateParamsStreaming, openai)
    checks.check("with max_tokens", "max_tokens" in openai, openai)
    accepted(checks, "the openai SDK knows it with max_completion_tokens", CompletionCreateParamsStreaming, other)
    checks.check("and without max_tokens", "max_tokens" not in other, other)


# What stands in the example manifest where a model is named for an agent.
MODEL_OF = {"research": 'sources = ["*"]\n', "content": "drafts_a_day = 40\n"}


def agent(checks, binary, folder, name, asks):
    """What an agent asks, likewise; and what people read when it is refused."""
    for protocol, kind in zip(PROTOCOLS, [MessageCreateParamsStreaming, CompletionCreateParamsStreaming]):
        recorder = Recorder()
        manifest = folder / f"{name}.toml"
        line = MODEL_OF[name]
        example = EXAMPLE.read_text().replace(line, line + 'model = "one"\n', 1)
        manifest.write_text(example + "\n" + model(protocol, f"http://127.0.0.1:{recorder.server_port}", "one"))
        os.environ |= {"COUNTERSIGN_MANIFEST": str(manifest)} | KEYS
        shutil.rmtree(folder / "demo", ignore_errors=True)
        with Demo(binary, folder / "demo") as demo:
            demo.post("command", person="maya", channel="#research", text=asks)
            checks.check(f"{protocol}: {name} asks", eventually(lambda: recorder.bodies, 30))
            accepted(checks, f"{protocol}: the SDK knows what {name} asks", kind, recorder.bodies[0])
            said = lambda: "The model one does not take this request (400)" in demo.transcript("research", "raj")
            checks.check(f"{protocol}: people read why {name} works without it", eventually(said, 30))


def accepted(checks, name, kind, body):
    """Valid, and nothing in it that the type does not have: that is dropped by validation."""
    adapter = TypeAdapter(kind)
    try:
        known = json.loads(adapter.dump_json(adapter.validate_json(json.dumps(body)), warnings=False))
    except ValueError as error:
        return checks.check(name, False, str(error))
    checks.equal(name, known, body)
    if "output_config" in body:
        schema = body["output_config"]["format"]["schema"]
        theirs = transform_schema(json.loads(json.dumps(schema)))
    else:
        schema = body["response_format"]["json_schema"]["schema"]
        theirs = strict_schema(json.loads(json.dumps(schema)), path=(), root=schema)
    checks.equal("and has nothing to change in the form of the answer", schema, theirs)


main()
