"""An ordinary Slack app, as its authors' documentation would have it written: tickets for an office.

Its counterpart in JavaScript is ../bolt-js/app.js; ../shared/journey.py uses both. Nothing in it is
meant for the local workspace, but the address of the Web API.
"""

import json
import os
import re
import time

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    CheckboxesElement,
    ContextBlock,
    DatePickerElement,
    HeaderBlock,
    InputBlock,
    MarkdownTextObject,
    Option,
    PlainTextInputElement,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.metadata import Metadata
from slack_sdk.models.views import View

app = App(
    client=WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]),
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
)


def form(place, summary=None):
    return View(
        type="modal",
        callback_id="ticket",
        title="New ticket",
        submit="Create",
        close="Cancel",
        notify_on_close=True,
        private_metadata=json.dumps(place),
        blocks=[
            InputBlock(
                block_id="summary",
                label="Summary",
                element=PlainTextInputElement(action_id="value", initial_value=summary, max_length=200),
            ),
            InputBlock(
                block_id="urgency",
                label="Urgency",
                element=StaticSelectElement(
                    action_id="value",
                    options=[Option(text="Today", value="today"), Option(text="This week", value="week")],
                ),
            ),
            InputBlock(block_id="owner", label="Owner", element=UserSelectElement(action_id="value")),
            InputBlock(
                block_id="due", optional=True, label="Due", element=DatePickerElement(action_id="value")
            ),
            InputBlock(
                block_id="tags",
                optional=True,
                label="Tags",
                element=CheckboxesElement(
                    action_id="value",
                    options=[Option(text="Loud", value="loud"), Option(text="Wet", value="wet")],
                ),
            ),
        ],
    )


def card(ticket, resolved_by=None):
    facts = f"{ticket['urgency']}, due {ticket['due'] or 'never'}, tags {'+'.join(ticket['tags']) or 'none'}"
    return [
        SectionBlock(text=MarkdownTextObject(text=f"*{ticket['summary']}* for <@{ticket['owner']}>")),
        ContextBlock(elements=[MarkdownTextObject(text=facts)]),
        SectionBlock(text=MarkdownTextObject(text=f"Resolved by <@{resolved_by}>"))
        if resolved_by
        else ActionsBlock(
            block_id="decide",
            elements=[
                ButtonElement(
                    action_id="resolve", style="primary", text="Resolve", value=json.dumps(ticket)
                ),
                ButtonElement(action_id="details", text="Details", value=ticket["summary"]),
            ],
        ),
    ]


def home(visits):
    return View(
        type="home",
        blocks=[
            HeaderBlock(text="Your tickets"),
            SectionBlock(text=MarkdownTextObject(text=f"Looked at {visits} times")),
            ActionsBlock(elements=[ButtonElement(action_id="refresh", text="Refresh", value=str(visits))]),
        ],
    )


@app.command("/ping")
def ping(ack):
    ack("pong")


@app.command("/ticket")
def ticket(command, ack, client, say):
    match command.get("text", ""):
        case "help":
            ack(text="Type /ticket to open one.", response_type="ephemeral")
        case "slow":
            time.sleep(3.5)
            ack("Too late.")
        case "export":
            ack()
            client.files_upload_v2(
                channel=command["channel_id"],
                initial_comment="All tickets",
                filename="tickets.csv",
                title="Tickets",
                content="summary,owner\nTap drips,beno\n",
            )
        case "":
            ack()
            client.views_open(trigger_id=command["trigger_id"], view=form({"channel": command["channel_id"]}))
        case text:
            ack()
            say(f"Heard from {command['user_name']}: {text}")


@app.view("ticket")
def submitted(ack, body, view, client):
    of = lambda block: view["state"]["values"][block]["value"]
    ticket = {
        "summary": of("summary")["value"],
        "urgency": of("urgency")["selected_option"]["value"],
        "owner": of("owner")["selected_user"],
        "due": of("due")["selected_date"],
        "tags": [tag["value"] for tag in of("tags")["selected_options"]],
    }
    if len(ticket["summary"]) < 5:
        ack(response_action="errors", errors={"summary": "Say a little more."})
        return
    ack()
    place = json.loads(view["private_metadata"])
    client.chat_postMessage(
        channel=place["channel"],
        thread_ts=place.get("thread"),
        text=f"Ticket: {ticket['summary']}",
        blocks=card(ticket),
        metadata=Metadata("ticket_created", {"by": body["user"]["id"]}),
    )


@app.view_closed("ticket")
def closed(ack, body, view, client):
    ack()
    place = json.loads(view["private_metadata"])
    client.chat_postEphemeral(channel=place["channel"], user=body["user"]["id"], text="No ticket, then.")


@app.action("resolve")
def resolve(ack, action, body, client, respond):
    ack()
    ticket = json.loads(action["value"])
    client.chat_update(
        channel=body["channel"]["id"],
        ts=body["message"]["ts"],
        text=f"Resolved: {ticket['summary']}",
        blocks=card(ticket, resolved_by=body["user"]["id"]),
    )
    respond(text="Thank you.", response_type="ephemeral", replace_original=False)


@app.action("details")
def details(ack, action, body, client):
    ack()
    client.views_open(
        trigger_id=body["trigger_id"],
        view=View(
            type="modal",
            callback_id="details",
            title="Details",
            blocks=[
                SectionBlock(text=action["value"]),
                ActionsBlock(elements=[ButtonElement(action_id="history", text="History")]),
            ],
        ),
    )


@app.action("history")
def history(ack, body, client):
    ack()
    client.views_push(
        trigger_id=body["trigger_id"],
        view=View(
            type="modal",
            callback_id="history",
            title="History",
            submit="Close all",
            blocks=[SectionBlock(text="Nothing happened yet.")],
        ),
    )


@app.view("history")
def close_all(ack):
    ack(response_action="clear")


@app.shortcut("new_ticket")
def new_ticket(ack, shortcut, client):
    ack()
    place = {"channel": shortcut["user"]["id"]}
    client.views_open(trigger_id=shortcut["trigger_id"], view=form(place, "From the shortcut"))


@app.shortcut("turn_into_ticket")
def turn_into_ticket(ack, shortcut, client):
    ack()
    place = {"channel": shortcut["channel"]["id"], "thread": shortcut["message"]["ts"]}
    client.views_open(trigger_id=shortcut["trigger_id"], view=form(place, shortcut["message"]["text"]))


@app.event("app_mention")
def mentioned(event, say):
    say(text=f"Yes, <@{event['user']}>?", thread_ts=event.get("thread_ts") or event["ts"])


@app.event("reaction_added")
def reacted(event, client):
    item = event["item"]
    client.reactions_add(channel=item["channel"], timestamp=item["ts"], name="eyes")


@app.message(re.compile("^hello"))
def greeted(message, say):
    if message["channel_type"] == "im":
        say(f"Hello, <@{message['user']}>")


@app.event("message")
def overheard():
    pass


@app.event("app_home_opened")
def opened_home(event, client):
    client.views_publish(user_id=event["user"], view=home(1))


@app.action("refresh")
def refresh(ack, action, body, client):
    ack()
    client.views_publish(
        user_id=body["user"]["id"], hash=body["view"]["hash"], view=home(int(action["value"]) + 1)
    )


if os.environ.get("SLACK_SOCKET_MODE") == "yes":
    SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"], ping_interval=1).start()
else:
    app.start(port=int(os.environ["PORT"]))
