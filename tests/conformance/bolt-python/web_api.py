"""The corners of the Web API as slack_sdk meets them: errors, retries, pages, files, signatures.

    web_api.py COUNTERSIGN
"""

import http.server
import sys
import threading
import time
import urllib.request

from sandbox import Checks, Sandbox, eventually
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.models.blocks import SectionBlock
from slack_sdk.models.metadata import Metadata
from slack_sdk.signature import SignatureVerifier

OFFICE, KITCHEN, GARDEN, SECRET = "C0OFFICE00", "C0KITCHEN0", "C0GARDEN00", "C0SECRET00"
ANNA = "U0ANNA0000"


def main():
    checks = Checks("slack_sdk")
    with Sandbox(sys.argv[1]) as sandbox:
        client = WebClient(
            token=sandbox.connection["bot_token"], base_url=sandbox.connection["api_url"], timeout=10
        )
        for part in (identity, errors, content, pages, threads, rate_limit, outages, files, streams, people):
            part(sandbox, client, checks)
    signatures(sys.argv[1], checks)
    sys.exit(1 if checks.failed else 0)


def error_of(call, **arguments):
    try:
        return call(**arguments).data
    except SlackApiError as error:
        return error.response


def identity(sandbox, client, checks):
    who = client.auth_test()
    seen = (who["team_id"], who["user_id"], who["bot_id"])
    checks.equal("auth.test says whose token it is", seen, ("T0OFFICE00", "U0TICKETS0", "B0TICKETS0"))
    checks.has("and which scopes it has", who.headers["x-oauth-scopes"], "chat:write")
    stranger = WebClient(token="xoxb-of-another", base_url=sandbox.connection["api_url"])
    checks.equal("another token is refused", error_of(stranger.auth_test)["error"], "invalid_auth")
    answer = error_of(client.apps_connections_open, app_token=sandbox.connection["bot_token"])
    checks.equal("as is one of the wrong kind", answer["error"], "not_allowed_token_type")
    answer = error_of(client.users_lookupByEmail, email="anna@example.com")
    checks.equal("and one without the scope", (answer["error"], answer["needed"]), ("missing_scope", "users:read.email"))


def errors(_, client, checks):
    post = lambda **arguments: error_of(client.chat_postMessage, **{"text": "x", **arguments})["error"]
    checks.equal("posting where the app is not", post(channel=KITCHEN), "not_in_channel")
    checks.equal("posting where nobody is", post(channel="C0NOWHERE0"), "channel_not_found")
    checks.equal("a private channel is as good as none", post(channel=SECRET), "channel_not_found")
    client.conversations_join(channel=KITCHEN)
    checks.check("after joining it works", client.chat_postMessage(channel=KITCHEN, text="x")["ok"])
    checks.equal("a message of nothing", post(channel=OFFICE, text=""), "no_text")
    checks.equal("a message that is too long", post(channel=OFFICE, text="x" * 40_001), "msg_too_long")
    answer = error_of(client.chat_update, channel=OFFICE, ts="1.000001", text="x")
    checks.equal("changing what is not there", answer["error"], "message_not_found")
    answer = error_of(client.views_open, trigger_id="1.2.3", view={"type": "modal"})
    checks.check("a view that is none", answer["error"] in ("invalid_arguments", "invalid_trigger_id"), answer.data)
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": []}
    answer = error_of(client.views_open, trigger_id="1.2.3", view=view)
    checks.equal("a trigger that never was", answer["error"], "invalid_trigger_id")
    checks.equal("a method that is none", error_of(lambda: client.api_call("chat.shout"))["error"], "unknown_method")


def content(_, client, checks):
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
    button = {"type": "button", "text": {"type": "plain_text", "text": "B"}, "action_id": "same"}
    wrong = {
        "an unknown block": [{"type": "sections"}],
        "a text that is too long": [{**section, "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        "51 blocks": [section] * 51,
        "an action id twice": [{"type": "actions", "elements": [button, button]}],
        "a section of nothing": [{"type": "section"}],
        "a field that Slack does not know": [{**section, "colour": "red"}],
        "an image without alt text": [{"type": "image", "image_url": "https://example.com/a.png"}],
    }
    for name, blocks in wrong.items():
        answer = error_of(client.chat_postMessage, channel=OFFICE, text="x", blocks=blocks)
        checks.equal(f"{name} is refused", answer["error"], "invalid_blocks")
        messages = (answer.get("response_metadata") or {}).get("messages", [])
        checks.check("and it is said where", any("json-pointer:/blocks" in one for one in messages), messages)
    answer = client.chat_postMessage(channel=OFFICE, text="x", blocks=[SectionBlock(text="x")] * 50)
    checks.equal("50 blocks are not", len(answer["message"]["blocks"]), 50)

    posted = client.chat_postMessage(channel=OFFICE, text="1 < 2 & <@U0ANNA0000>", metadata=Metadata("m", {"n": 1}))
    read = lambda **more: client.conversations_history(channel=OFFICE, latest=posted["ts"], inclusive=True, limit=1, **more)["messages"][0]
    checks.equal("metadata is there for who asks", read(include_all_metadata=True).get("metadata"), {"event_type": "m", "event_payload": {"n": 1}})
    checks.check("and only then", "event_payload" not in read().get("metadata", {}), read())
    client.chat_delete(channel=OFFICE, ts=posted["ts"])
    checks.check("a deleted message is gone", read()["ts"] != posted["ts"])


def pages(_, client, checks):
    sent = [client.chat_postMessage(channel=OFFICE, text=f"Line {number}")["ts"] for number in range(25)]
    seen, sizes = [], []
    for page in client.conversations_history(channel=OFFICE, oldest=sent[0], inclusive=True, limit=10):
        sizes.append(len(page["messages"]))
        seen += [message["ts"] for message in page["messages"]]
    checks.equal("history comes in pages", sizes, [10, 10, 5])
    checks.equal("newest first, each once", seen, sent[::-1])
    within = client.conversations_history(channel=OFFICE, oldest=sent[3], latest=sent[6])["messages"]
    checks.equal("between two moments", [message["ts"] for message in within], [sent[5], sent[4]])
    names = [channel["name"] for page in client.conversations_list(limit=1) for channel in page["channels"]]
    checks.equal("channels come in pages", sorted(names), ["garden", "kitchen", "office"])
    answer = error_of(client.conversations_history, channel=OFFICE, cursor="nonsense")
    checks.equal("a cursor that is none", answer["error"], "invalid_cursor")


def threads(_, client, checks):
    first = client.chat_postMessage(channel=OFFICE, text="A question")["ts"]
    replies = [client.chat_postMessage(channel=OFFICE, text=text, thread_ts=first)["ts"] for text in "ab"]
    thread = client.conversations_replies(channel=OFFICE, ts=first)["messages"]
    checks.equal("a thread is its beginning and its replies", [one["ts"] for one in thread], [first, *replies])
    checks.equal("and counts them", thread[0].get("reply_count"), 2)
    newest = client.conversations_history(channel=OFFICE, limit=1)["messages"][0]
    checks.equal("replies are not in the channel", newest["ts"], first)
    link = client.chat_getPermalink(channel=OFFICE, message_ts=replies[0])["permalink"]
    checks.has("a reply's link names its thread", link, f"thread_ts={first}")


def with_retries(client, *handlers):
    return WebClient(token=client.token, base_url=client.base_url, timeout=2, retry_handlers=list(handlers))


def count(client, text):
    found = client.conversations_history(channel=OFFICE, limit=100)["messages"]
    return sum(message["text"] == text for message in found)


def rate_limit(sandbox, client, checks):
    sandbox.post("fault", kind="rate_limited", method="chat.postMessage", times=2, retry_after=1)
    began = time.monotonic()
    patient = with_retries(client, RateLimitErrorRetryHandler(max_retry_count=2))
    patient.chat_postMessage(channel=OFFICE, text="After the limit")
    checks.check("the SDK waits as Retry-After says", 2 <= time.monotonic() - began < 6, time.monotonic() - began)
    checks.equal("and posts once", count(client, "After the limit"), 1)
    sandbox.post("fault", kind="rate_limited", method="chat.postMessage", retry_after=7)
    answer = error_of(client.chat_postMessage, channel=OFFICE, text="x")
    seen = (answer.status_code, answer["error"], answer.headers.get("retry-after") or answer.headers.get("Retry-After"))
    checks.equal("without a handler it sees the limit", seen, (429, "ratelimited", "7"))


def outages(sandbox, client, checks):
    patient = with_retries(client, ConnectionErrorRetryHandler(), ServerErrorRetryHandler())
    for kind, status in (("server_error", 503), ("drop_before", None)):
        sandbox.post("fault", kind=kind, method="chat.postMessage", **({"status": status} if status else {}))
        patient.chat_postMessage(channel=OFFICE, text=f"After {kind}")
        checks.equal(f"the SDK gets over {kind}", count(client, f"After {kind}"), 1)
    sandbox.post("fault", kind="drop_after", method="chat.postMessage")
    patient.chat_postMessage(channel=OFFICE, text="After drop_after")
    checks.equal("an answer that is lost after the effect makes two", count(client, "After drop_after"), 2)
    sandbox.post("fault", kind="timeout_after", method="chat.postMessage")
    try:
        with_retries(client).chat_postMessage(channel=OFFICE, text="After timeout_after")
        checks.check("no answer is a time-out", False)
    except TimeoutError:
        checks.equal("no answer is a time-out, though it is posted", count(client, "After timeout_after"), 1)
    sandbox.post("fault", kind="error", method="chat.postMessage", code="restricted_action")
    answer = error_of(client.chat_postMessage, channel=OFFICE, text="x")
    checks.equal("any error on demand", answer["error"], "restricted_action")


def files(sandbox, client, checks):
    uploads = [
        {"content": "first", "filename": "a.txt", "title": "A"},
        {"content": bytes(range(256)), "filename": "b.bin", "title": "B"},
    ]
    answer = client.files_upload_v2(channel=OFFICE, initial_comment="Two of them", file_uploads=uploads)
    checks.equal("several files are uploaded at once", [file["title"] for file in answer["files"]], ["A", "B"])
    found = eventually(lambda: [one for one in client.conversations_history(channel=OFFICE, limit=3)["messages"] if one.get("files")])
    checks.equal("and are in one message", len(found[0]["files"]) if found else 0, 2)
    url = client.files_info(file=answer["files"][1]["id"])["file"]["url_private"]
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {client.token}"})
    checks.equal("byte for byte", urllib.request.urlopen(request, timeout=10).read(), bytes(range(256)))
    answer = error_of(client.files_upload_v2, channel=GARDEN, content="x", filename="x.txt")
    checks.check("a file goes to a channel of the app", answer["ok"], answer)


def streams(_, client, checks):
    first = client.chat_postMessage(channel=OFFICE, text="Write!")["ts"]
    stream = client.chat_stream(
        channel=OFFICE, thread_ts=first, recipient_team_id="T0OFFICE00", recipient_user_id=ANNA, buffer_size=4
    )
    for word in ("Once ", "upon ", "a ", "time"):
        stream.append(markdown_text=word)
    stream.stop(blocks=[SectionBlock(text="The end")])
    reply = client.conversations_replies(channel=OFFICE, ts=first)["messages"][-1]
    checks.has("a streamed message is whole in the end", reply["text"], "Once upon a time")


def people(_, client, checks):
    anna = client.users_info(user=ANNA)["user"]
    checks.equal("people have a zone", (anna["tz"], anna["is_restricted"]), ("Europe/Stockholm", False))
    found = client.usergroups_users_list(usergroup="S0FACILITY")["users"]
    checks.equal("groups have members", found, ["U0BENO0000"])
    checks.equal("nobody", error_of(client.users_info, user="U0NOBODY00")["error"], "user_not_found")
    opened = client.conversations_open(users=[ANNA])["channel"]["id"]
    client.chat_postMessage(channel=opened, text="To you")
    last = client.conversations_history(channel=opened, limit=1)["messages"][0]
    checks.equal("a conversation with a person", last["text"], "To you")


def signatures(binary, checks):
    """Takes deliveries as they come in and has Slack's verifier look at them."""
    received = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Sandbox(binary, f"http://127.0.0.1:{server.server_port}/slack/events") as sandbox:
        sandbox.post("command", person="anna", channel="#office", text="/ticket Größe & 100 % + 日本語")
        sandbox.post("shortcut", person="anna", name="New ticket")
        sandbox.post("message", person="anna", channel="#office", text="Hey @tickets ☕")
        verifier = SignatureVerifier(sandbox.connection["signing_secret"])
        another = SignatureVerifier("another-secret")
    server.shutdown()
    checks.check("deliveries of each kind came", len(received) >= 4, len(received))
    for headers, body in received:
        name = headers["Content-Type"] if "Content-Type" in headers else headers["content-type"]
        checks.check(f"SignatureVerifier accepts {name}", verifier.is_valid_request(body, headers), headers)
        checks.check("but not when it is changed", not verifier.is_valid_request(body + b"x", headers))
        checks.check("nor with another secret", not another.is_valid_request(body, headers))
        lowered = {key.lower(): value for key, value in headers.items()}
        later = {**lowered, "x-slack-request-timestamp": str(int(lowered["x-slack-request-timestamp"]) + 1)}
        checks.check("nor at another time", not verifier.is_valid_request(body, later))


main()
