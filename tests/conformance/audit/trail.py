"""Lets people work in a demo, takes its audit trail out in the public formats, and has it checked.

    trail.py COUNTERSIGN FOLDER

FOLDER holds `check`, built from main.go.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request

from sandbox import Process, eventually

binary, folder = sys.argv[1:]
data = os.path.join(folder, "demo")
environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def main():
    command = [binary, "demo", "--listen", "127.0.0.1:0", "--data", data]
    with open(os.path.join(folder, "demo.log"), "w") as log:
        with Process(command, env=environment, stdout=subprocess.PIPE, stderr=log) as demo:
            page = address(demo.child.stdout)
            ask(page, "why do people cancel?")
            kept = eventually(newest, 20)
            for question in ("what do people say about delivery?", "what do they love?", "is it too dear?"):
                ask(page, question)
            grown = lambda: (found := newest()) and found["size"] >= kept["size"] + 6 and found
            check(kept, eventually(grown, 40))


def address(lines):
    for line in lines:
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0]
    sys.exit("the demo does not say where its page is")


def ask(page, question):
    body = {"person": "maya", "channel": "#research", "text": f"/research {question}"}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(page + "sandbox/command", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=20).close()


def audit(*words):
    command = [binary, "audit", *words, "--data", data]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def must(*words):
    done = audit(*words)
    if done.returncode != 0:
        sys.exit(f"countersign audit {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def newest():
    done = audit("checkpoint", "--json")
    return json.loads(done.stdout) if done.returncode == 0 else None


def check(kept, grown):
    if not (kept and grown):
        sys.exit("what people did was not sealed in time")
    file = lambda name: os.path.join(folder, name)
    for name, text in (("vkey", must("key")), ("kept", kept["note"])):
        with open(file(name), "w") as out:
            out.write(text)
    must("prove-consistency", "--from", file("kept"), "--out", file("consistency"))
    # The one that it leads to, because the demo goes on meanwhile.
    with open(file("consistency")) as proof, open(file("checkpoint"), "w") as out:
        out.write(proof.read().split("\n\n", 1)[1])
    with open(file("export.jsonl"), "w") as out:
        out.write(must("export"))
    with open(file("export.jsonl")) as lines:
        entries = [json.loads(line)["entry"] for line in lines]
    with open(file("checkpoint")) as checkpoint:
        entries = entries[: int(checkpoint.read().split("\n")[1])]

    proofs = [file(f"{entry}.tlog-proof") for entry in entries]
    for entry, proof in zip(entries, proofs):
        must("prove", str(entry), "--out", proof)
        must("verify-proof", proof)
    print(must("verify", "--from", file("kept")), end="")

    files = [file(name) for name in ("vkey", "checkpoint", "kept", "consistency", "export.jsonl")]
    sys.exit(subprocess.run([file("check"), *files, *proofs]).returncode)


main()
