"""An app made with Slack's SDK that does for a command and a click what Countersign does: the same
statements in one transaction, committed before the acknowledgement.

Served by uvicorn, with as many workers as there are cores.
"""

import itertools
import json
import os
import re
import secrets
from contextlib import asynccontextmanager

from psycopg import AsyncRawCursor
from psycopg_pool import AsyncConnectionPool
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

with open(os.environ["STATEMENTS"], encoding="utf-8") as file:
    STATEMENTS = json.load(file)

pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    kwargs={
        "options": "-c role=countersign_service",
        "autocommit": True,
        "prepare_threshold": 1,
        "cursor_factory": AsyncRawCursor,
    },
    min_size=1,
    max_size=int(os.environ["CONNECTIONS"]),
    open=False,
)
app = AsyncApp(
    client=AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]),
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
)
numbers = itertools.count(1)


def fill(value, known):
    if value is None:
        return None
    return re.sub(
        r"\{(\w+)\}",
        lambda found: "\\x" + secrets.token_hex(32) if found[1] == "hash" else known[found[1]],
        value,
    )


async def record(kind, **known):
    known["n"] = f"{os.getpid()}{next(numbers)}"
    async with pool.connection() as connection:
        for statement in STATEMENTS[kind]:
            values = [fill(value, known) for value in statement["values"]]
            cursor = await connection.execute(statement["text"], values or None)
            names = [column.name for column in cursor.description or ()]
            if "version!" in names:
                known["version"] = (await cursor.fetchone())[names.index("version!")]


@app.command("/research")
async def research(command, ack):
    await record("command", trigger=command["trigger_id"])
    await ack(f"On it: “{command['text']}”. The finding will be posted in this channel.")


@app.action("review.approve")
async def approve(action, body, ack):
    review, revision = action["value"].split(".")
    await record("click", trigger=body["trigger_id"], review=review, revision=revision)
    await ack()


handler = AsyncSlackRequestHandler(app)


async def slack(request):
    return await handler.handle(request)


@asynccontextmanager
async def lifespan(_):
    async with pool:
        yield


api = Starlette(
    lifespan=lifespan,
    routes=[Route(path, slack, methods=["POST"]) for path in ("/slack/commands", "/slack/interactivity")],
)
