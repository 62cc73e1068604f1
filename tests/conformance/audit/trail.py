"""Fills the trail of a demo with questions and decisions, and has it checked while the demo runs.

    trail.py COUNTERSIGN FOLDER
"""

import os
import pathlib
import shutil
import subprocess
import sys

from sandbox import Checks, Demo, eventually

QUESTIONS = {
    "why do people cancel?": "Approve",
    "what do people say about delivery?": "Request changes",
    "what do people like about the linen?": "Reject",
}


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    data, kept = folder / "demo", folder / "kept"
    shutil.rmtree(data, ignore_errors=True)
    checks = Checks("audit")
    with Demo(binary, data) as demo:
        acts = iter(QUESTIONS.items())
        checks.check("a decision is taken", decides(demo, *next(acts)))
        # Kept before the trail grows on, so that there is something between the two.
        first = size(binary, data, kept)
        for question, button in acts:
            checks.check(f"another is taken: {button}", decides(demo, question, button))
        newest = folder / "newest"
        checks.check("the trail grows", eventually(lambda: size(binary, data, newest) > first + 3))
        script = pathlib.Path(__file__).with_name("check.sh")
        status = subprocess.run(["sh", script, binary, data, kept], env=environment()).returncode
        checks.equal("Go's implementation agrees with the trail and its proofs", status, 0)
    sys.exit(1 if checks.failed else 0)


def environment():
    return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def size(binary, data, path):
    """Of the newest checkpoint, which is written to `path`; its second line says it."""
    path.unlink(missing_ok=True)
    command = [binary, "--data", data, "audit", "checkpoint", "--out", path]
    subprocess.run(command, env=environment(), check=True, stdout=subprocess.DEVNULL)
    return int(path.read_text().splitlines()[1])


def decides(demo, question, button):
    demo.post("command", person="maya", channel="#research", text=f"/research {question}")
    click = lambda: demo.post("click", person="raj", channel="#research", button=button)
    clicked = eventually(lambda: (answer := click()).get("status") == 200 and answer, 20)
    if clicked and clicked["modal"]:
        values = {field["label"]: (field.get("options") or ["Because."])[0] for field in clicked["modal"]["inputs"]}
        clicked = demo.post("submit", person="raj", values=values)
    return clicked and clicked["status"] == 200 and not clicked["modal"]


main()
