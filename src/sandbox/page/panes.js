// The middle pane (a channel, a direct message, the Home tab) and the thread
// beside it.

import { post } from "./api.js";
import { Composer } from "./composer.js";
import { byId, fragment, h } from "./dom.js";
import { homeTab } from "./home.js";
import { icon } from "./icons.js";
import { avatar } from "./inline.js";
import { MessageList } from "./messages.js";
import { mrkdwn } from "./mrkdwn.js";
import { addressOf, go } from "./places.js";
import { appChannel, appName, channel, channelName, initialsOf, isMember, on, person, self, store } from "./store.js";

let middle = null;
let side = null;

/** `load(channel)` fetches the messages of a channel that is opened. */
export function startPanes(load) {
  on("place", () => show(load));
  on("messages", (id) => {
    if (middle?.channel === id) middle.update();
    if (side?.channel === id) side.update();
  });
  on("home", () => middle?.channel === "home" && middle.update());
  on("state", () => {
    middle?.heading?.();
    middle?.update();
    side?.update();
  });
  on("status", () => {
    for (const pane of [middle, side]) {
      pane?.status?.();
      pane?.update();
    }
  });
}

/** Draws everything anew, for another person. */
export function resetPanes() {
  middle?.close?.();
  side?.close?.();
  middle = side = null;
}

/** Puts the focus into the message field; false where there is none. */
export function focusComposer(pane = "channel") {
  const chosen = pane === "thread" ? side : middle;
  chosen?.composer?.focus();
  return Boolean(chosen?.composer);
}

/** The parts of the page F6 goes through. */
export function parts() {
  return [
    () => (byId("channels").querySelector("[aria-current]") ?? byId("channels").querySelector("a"))?.focus(),
    middle?.list ? () => middle.list.focus() : () => byId("channel-body").querySelector(".home")?.focus(),
    middle?.composer && (() => middle.composer.focus()),
    side && (() => side.list.focus()),
    side?.composer && (() => side.composer.focus()),
  ].filter(Boolean);
}

async function show(load) {
  const { channel: id, thread } = store.place;
  if (middle?.channel !== id) {
    middle?.close?.();
    middle = id === "home" ? openHome() : openChannel(id);
  }
  if (side && (side.thread !== thread || side.channel !== id)) closeSide();
  if (id !== "home" && !store.messages.has(id)) await load(id);
  if (store.place.channel !== id || store.place.thread !== thread || !thread || side) return;
  // A link may name a reply; its thread is named by the first message.
  const root = store.messages.get(id)?.get(thread)?.thread_ts ?? thread;
  if (root === thread) {
    openThread(id, thread);
    return;
  }
  go({ channel: id, thread: root }, { replace: true });
  side?.list.reveal(thread);
}

function openHome() {
  head({ mark: icon("home"), name: appName(), note: "", tabs: true });
  const home = homeTab();
  byId("channel-body").replaceChildren(home.node);
  return { channel: "home", update: home.update };
}

function openChannel(id) {
  const found = channel(id);
  const entry = { channel: id };
  const rootsOnly = (all) => all.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast");
  store.newFrom.set(id, found?.unread ? found.last_read : null);
  entry.list = new MessageList({
    channel: id, label: `Messages in ${channelName(id)}`, pick: rootsOnly,
    openThread: (ts) => go({ channel: id, thread: ts }), before: (empty) => beginning(id, empty, entry),
    newFrom: () => store.newFrom.get(id), onread: (ts) => markRead(id, ts),
  });
  entry.composer = mayWrite(found) ? new Composer({ channel: id, label: `Message ${channelName(id)}`, id: "composer" }) : null;
  const working = h("p.working", { role: "status", hidden: true });
  entry.heading = () => channelHead(channel(id));
  entry.update = () => entry.list.update();
  entry.status = () => showStatus(working, id);
  entry.close = () => entry.list.close();
  entry.heading();
  byId("channel-body").replaceChildren(entry.list.node, h("div.below", null, working, entry.composer?.node ?? notIn(id)));
  if (store.messages.has(id)) {
    entry.update();
    entry.list.toEnd();
  }
  if (matchMedia("(hover: hover)").matches) entry.composer?.focus();
  return entry;
}

function openThread(id, thread) {
  const entry = { channel: id, thread };
  const pane = byId("thread");
  entry.list = new MessageList({ channel: id, label: "Messages in this thread", pick: (all) => all.filter((one) => one.ts === thread || one.thread_ts === thread), divideAfter: thread });
  entry.composer = mayWrite(channel(id)) ? new Composer({ channel: id, thread, label: "Reply in thread", prefix: "thread-" }) : null;
  const working = h("p.working", { role: "status", hidden: true });
  entry.update = () => entry.list.update();
  entry.status = () => showStatus(working, id, thread);
  entry.close = () => entry.list.close();
  const leave = () => go({ channel: id });
  pane.replaceChildren(
    h("header.pane-head", null, backButton("Back to the channel", leave), h("div.pane-title", null, h("h2", null, "Thread"), h("p.pane-note", null, channelName(id))),
      h("button.icon-button.wide-only", { type: "button", "aria-label": "Close the thread", title: "Close the thread", data: { testid: "close-thread" }, onclick: leave }, icon("close"))),
    h("div.pane-body", null, entry.list.node, h("div.below", null, working, entry.composer?.node ?? notIn(id))));
  pane.hidden = false;
  byId("app").classList.add("with-thread");
  side = entry;
  entry.update();
  entry.status();
  entry.list.toEnd();
  if (matchMedia("(hover: hover)").matches) entry.composer?.focus();
}

function closeSide() {
  const held = byId("thread").contains(document.activeElement);
  side?.close();
  side = null;
  byId("thread").hidden = true;
  byId("thread").replaceChildren();
  byId("app").classList.remove("with-thread");
  if (held) middle?.list?.focus();
}

function channelHead(found) {
  if (!found) return head({ mark: icon("hash"), name: "Channel", note: "This channel is not visible to you.", tabs: false });
  const isApp = found.is_im && found.user === store.state.app.user;
  const other = person(found.user);
  const mark = found.is_im ? avatar({ ...other, name: channelName(found.id), initials: other?.initials ?? initialsOf(channelName(found.id)), isApp }, "small") : icon(found.is_private ? "lock" : "hash");
  return head({ mark, name: channelName(found.id).replace(/^#/, ""), note: found.topic, members: found.is_im ? null : found.members, tabs: isApp, noApp: !found.is_im && found.app_is_member === false });
}

function head({ mark, name, note, members, tabs, noApp }) {
  const faces = members && h("span.members", { title: members.map((id) => person(id)?.real_name ?? id).join(", ") }, icon("people", 18), h("span", null, String(members.length)), h("span.hidden-text", null, " members"));
  byId("channel-head").replaceChildren(
    backButton("Back to the channels", () => { document.body.dataset.pane = "sidebar"; byId("channels").querySelector("[aria-current]")?.focus(); }),
    h("span.pane-mark", null, mark),
    h("div.pane-title", null, h("h2", { id: "channel-title" }, name), note && h("p.pane-note", null, mrkdwn(note))),
    noApp ? h("span.tag", { title: `${appName()} is not a member of this channel` }, `${appName()} is not here`) : "",
    faces ?? "", tabs ? appTabs() : "");
}

function appTabs() {
  const tab = (place, name) => h("a.tab", { href: addressOf({ channel: place }), "aria-current": store.place.channel === place ? "page" : null, data: { testid: `tab-${name.toLowerCase()}` }, onclick: (event) => { event.preventDefault(); go({ channel: place }); } }, name);
  const direct = appChannel();
  return h("nav.tabs", { "aria-label": appName() }, tab("home", "Home"), direct && tab(direct.id, "Messages"));
}

function backButton(label, onclick) {
  return h("button.icon-button.narrow-only", { type: "button", "aria-label": label, onclick }, icon("back"));
}

/** What stands above the first message; in an empty channel, things to try. */
function beginning(id, empty, entry) {
  const found = channel(id);
  const key = JSON.stringify([id, empty, found?.topic, store.epoch]);
  if (entry.beginning?.key === key) return entry.beginning.node;
  const node = h("div.beginning", null,
    h("h3", null, found?.is_im ? channelName(id) : `The start of ${channelName(id)}`),
    h("p", null, found?.is_im ? `Messages between you and ${channelName(id)}.` : found?.topic ? mrkdwn(found.topic) : "No topic yet."),
    empty && found && isMember(found) && store.state.app.commands.length > 0 && suggestions(entry));
  entry.beginning = { key, node };
  return node;
}

function suggestions(entry) {
  const one = (command) => h("button.suggestion", { type: "button", onclick: () => entry.composer?.start(`${command.command} ${example(command)}`) },
    h("strong", null, command.command), command.usage_hint && h("span", null, ` ${command.usage_hint}`), h("span.suggestion-note", null, command.description));
  return fragment(h("p.beginning-try", null, "Things to try:"), h("div.suggestions", null, store.state.app.commands.slice(0, 4).map(one)));
}

/** A usage hint that is an example and not a pattern such as "[mine]" or "QUESTION". */
function example({ usage_hint: hint = "" }) {
  return /[[\]<>|…]/.test(hint) || hint === hint.toUpperCase() ? "" : hint;
}

function mayWrite(found) {
  return Boolean(found) && isMember(found) && !found.is_archived;
}

function notIn(id) {
  if (channel(id)?.is_archived) return h("p.not-in", null, `${channelName(id)} is archived; nothing more is written here.`);
  return h("p.not-in", { data: { testid: "not-a-member" } }, `${self()?.real_name ?? "You"} is not in ${channelName(id)} and cannot write here.`);
}

function showStatus(node, id, thread) {
  const words = store.status.get(thread ? `${id}/${thread}` : id);
  node.hidden = !words;
  node.replaceChildren(...(words ? [h("span.dots", { "aria-hidden": "true" }), `${appName()} ${words}`] : []));
}

const readUpTo = new Map();

/** Tells the workspace what was read; once for each message. */
function markRead(id, ts) {
  const found = channel(id);
  const key = `${store.me}/${id}`;
  if (!found || (readUpTo.get(key) ?? found.last_read ?? "") >= ts) return;
  readUpTo.set(key, ts);
  post("/sandbox/page/read", { person: store.me, channel: id, ts }).catch(() => readUpTo.delete(key));
}
