"""Passes everything the bot says through the models of slack_sdk, and through the types of @slack/types.

    check.py SNAPSHOTS FOLDER

SNAPSHOTS holds what tests/it/messages.rs recorded: the arguments of Web API calls, one file a message.
What slack_sdk reads must satisfy its validators, and come out again as it went in. For the types, which
exist before run time only, a program is written into FOLDER that has every message as a literal.
"""

import json
import pathlib
import sys
import warnings

from sandbox import Checks
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata
from slack_sdk.models.views import View

# slack_sdk warns of what it does not know, and leaves it out.
warnings.simplefilter("error")


def main():
    checks = Checks("blocks")
    folder = pathlib.Path(sys.argv[1])
    messages = {path: read(path) for path in sorted([*folder.glob("*.snap"), *folder.glob("*.json")])}
    messages = {path: arguments for path, arguments in messages.items() if arguments is not None}
    checks.check("there is something to check", len(messages) > 0, str(folder))
    for path, arguments in messages.items():
        wrong = list(problems(arguments))
        checks.check(f"slack_sdk agrees with {path.stem.split('__')[-1].replace('_', ' ')}", not wrong, *wrong)
    pathlib.Path(sys.argv[2], "messages.ts").write_text(program(messages))
    sys.exit(1 if checks.failed else 0)


def read(path):
    """The JSON of a snapshot: after its front matter, if it has one; None if it holds something else."""
    text = path.read_text()
    if text.startswith("---\n"):
        text = text.split("\n---\n", 1)[1]
    try:
        arguments = json.loads(text)
    except ValueError:
        return None
    is_said = isinstance(arguments, dict) and {"text", "blocks", "view"} & arguments.keys()
    return arguments if is_said else None


def problems(arguments):
    """Sentences that say what is wrong with a message or a view."""
    if "view" in arguments:
        yield from lost("view", lambda given: View(**given), arguments["view"])
        return
    if not (arguments.get("text") or "").strip():
        yield "there is nothing to read for who cannot see blocks"
    blocks = arguments.get("blocks") or []
    if len(blocks) > 50:
        yield f"{len(blocks)} blocks are more than a message takes"
    for index, block in enumerate(blocks):
        yield from lost(f"block {index}", Block.parse, block)
    if "metadata" in arguments:
        yield from lost("metadata", lambda given: Metadata(**given), arguments["metadata"])


def lost(name, parse, given):
    """What slack_sdk refuses, or does not give back as it was."""
    try:
        model = parse(given)
        if model is None:
            yield f"{name} is unknown to slack_sdk: {json.dumps(given)}"
            return
        model.validate_json()
        if (back := model.to_dict()) != given:
            yield f"{name} is changed by slack_sdk, from {json.dumps(given)} to {json.dumps(back)}"
    except (SlackObjectFormationError, TypeError, UserWarning) as error:
        yield f"{name} is refused by slack_sdk: {error}"


def program(messages):
    lines = ["import type { KnownBlock, HomeView, MessageMetadata, ModalView } from '@slack/types';", ""]
    for number, arguments in enumerate(messages.values()):
        for part, kind in (("blocks", "KnownBlock[]"), ("metadata", "MessageMetadata")):
            if arguments.get(part):
                lines.append(f"export const {part}{number}: {kind} = {json.dumps(arguments[part], indent=2)};")
        if view := arguments.get("view"):
            kind = "ModalView" if view["type"] == "modal" else "HomeView"
            lines.append(f"export const view{number}: {kind} = {json.dumps(view, indent=2)};")
    return "\n".join(lines) + "\n"


main()
