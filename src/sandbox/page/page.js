// The local workspace: starts the page, keeps what it knows in step with the
// server, and holds the keys that work everywhere.
//
//   store.js     what the page knows            api.js      calls and the stream of updates
//   sidebar.js   workspace, person, places      panes.js    channel, thread, Home tab
//   messages.js  a list of messages, its rows   composer.js the message field, with
//                in rows.js                                 completion.js and sending.js
//   message.js   one message                    modal.js    the open modal
//   blocks.js    Block Kit, with elements.js, fields.js, rich_text.js, tables.js, charts.js
//   mrkdwn.js    Slack's markup; markdown.js    ordinary Markdown

import { ApiError, follow, get } from "./api.js";
import { forgetDrafts } from "./composer.js";
import { toast } from "./dialogs.js";
import { announce, byId, h } from "./dom.js";
import { forgetForms } from "./message.js";
import { startModal } from "./modal.js";
import { focusComposer, parts, resetPanes, startPanes } from "./panes.js";
import { go, keepPerson, lastPerson, personInAddress, placeInAddress } from "./places.js";
import { closePopup } from "./popup.js";
import { channel, emit, on, putMessage, removeMessage, store } from "./store.js";
import { jump, startSidebar } from "./sidebar.js";

let unfollow = () => {};
// Updates that arrive while a fetch is under way are newer than its answer, and are applied again after it.
let underWay = 0;
let meanwhile = [];

async function start() {
  startSidebar(become);
  startPanes(loadMessages);
  startModal();
  addEventListener("keydown", keys);
  byId("skip").addEventListener("click", (event) => {
    // The address names a place to be, not a spot on the page.
    event.preventDefault();
    if (!focusComposer()) byId("channel-body").focus();
  });
  addEventListener("popstate", () => {
    if (personInAddress() && personInAddress() !== handleOf(store.me)) become(personInAddress());
    else if (store.state) go(placeInAddress(), { replace: true });
  });
  addEventListener("hashchange", () => store.state && go(placeInAddress(), { replace: true }));
  on("leave", (list) => focusComposer(byId("thread").contains(list) ? "thread" : "channel"));
  await become(personInAddress() ?? (await firstPerson()));
  document.body.dataset.ready = "true";
}

/** Makes the page that of another person. */
async function become(handle) {
  if (!handle) return;
  unfollow();
  resetPanes();
  forgetForms();
  forgetDrafts();
  for (const map of [store.messages, store.status, store.newFrom]) map.clear();
  Object.assign(store, { me: handle, state: null, modal: { view: null, depth: 0 }, place: { channel: null, thread: null } });
  emit("modal");
  announce("");
  if (!(await loadState())) return;
  keepPerson(handleOf(store.me));
  // A place that this person cannot see falls back to the first one they can.
  go(placeInAddress(), { replace: true, pane: document.body.dataset.pane === "sidebar" ? "sidebar" : undefined });
  unfollow = follow(store.me, {
    onopen: (again) => {
      online(true);
      // Between the first fetch and the open stream something may have happened; after a break surely.
      refresh(again);
    },
    onlost: () => online(false),
    onevent: (name, data) => {
      if (underWay) meanwhile.push([name, data]);
      apply(name, data);
    },
  });
}

async function loadState() {
  return fetching(async () => {
    const state = await get("/sandbox/state", { person: store.me });
    store.state = state;
    store.me = state.me;
    const names = JSON.stringify([state.me, state.people, state.groups, state.channels.map((one) => [one.id, one.name])]);
    if (names !== store.names) Object.assign(store, { names, epoch: store.epoch + 1 });
    store.modal = { view: state.modal ?? null, depth: state.modal_depth ?? (state.modal ? 1 : 0) };
    emit("state");
    emit("modal");
  });
}

async function loadMessages(id) {
  return fetching(async () => {
    const { messages } = await get("/sandbox/messages", { person: store.me, channel: id });
    store.messages.set(id, new Map(messages.map((message) => [message.ts, { ...message, channel: id }])));
    for (const message of messages) keepStatus({ ...message, channel: id });
    emit("messages", id);
  });
}

/** Reads again what is shown; other channels are read when they are opened. */
async function refresh() {
  const here = store.place.channel;
  for (const id of store.messages.keys()) if (id !== here) store.messages.delete(id);
  await loadState();
  if (here && here !== "home") await loadMessages(here);
}

async function fetching(work) {
  underWay += 1;
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    fetchFailed(error.message);
    return false;
  } finally {
    underWay -= 1;
    if (!underWay) {
      const missed = meanwhile;
      meanwhile = [];
      for (const [name, data] of missed) apply(name, data);
    }
  }
}

function fetchFailed(sentence) {
  if (store.state) toast(sentence);
  else byId("channel-body").replaceChildren(h("div.empty", { role: "alert" }, h("p", null, sentence), h("p", null, h("a", { href: "/" }, "Start again as the first person"))));
}

function apply(name, data) {
  if (!store.state) return;
  if (name === "message") {
    keepStatus(data);
    if (putMessage(data)) emit("messages", data.channel);
  } else if (name === "deleted" && removeMessage(data.channel, data.ts)) emit("messages", data.channel);
  else if (name === "modal") {
    store.modal = { view: data.view ?? null, depth: data.depth ?? (data.view ? 1 : 0), errors: data.errors };
    emit("modal");
  } else if (name === "home") {
    store.state.home = data.view;
    emit("home");
  } else if (name === "unread") {
    Object.assign(channel(data.channel) ?? {}, { unread: data.unread, mentions: data.mentions, last_read: data.last_read });
    emit("state");
  } else if (name === "status") {
    const key = data.thread_ts ? `${data.channel}/${data.thread_ts}` : data.channel;
    if (data.status) store.status.set(key, data.status);
    else store.status.delete(key);
    emit("status");
  } else if (name === "state") loadState();
}

let offlineTimer = null;

/** Says that the connection is gone, once it is gone for more than a blink. */
function online(now) {
  const bar = byId("offline");
  if (now) {
    clearTimeout(offlineTimer);
    offlineTimer = null;
    bar.hidden = true;
    return;
  }
  offlineTimer ??= setTimeout(() => {
    bar.textContent = "The local workspace does not answer. Trying again…";
    bar.hidden = false;
  }, 1200);
}

/** A message carries what the app is doing in its thread, or that it is done. */
function keepStatus(message) {
  const key = `${message.channel}/${message.thread_ts ?? message.ts}`;
  if (message.status) store.status.set(key, message.status);
  else if (!message.ephemeral) store.status.delete(key);
}

async function firstPerson() {
  try {
    const answer = await get("/sandbox/people");
    const people = Array.isArray(answer) ? answer : answer.people;
    const first = people.find((one) => one.handle === lastPerson()) ?? people.find((one) => !one.is_bot) ?? people[0];
    return first?.handle ?? first?.id;
  } catch (error) {
    fetchFailed(error.message);
    return null;
  }
}

function handleOf(id) {
  return store.state?.people.find((one) => one.id === id)?.handle;
}

function keys(event) {
  if (!store.state || document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    closePopup();
    jump();
  } else if (event.key === "F6") {
    event.preventDefault();
    nextPart(event.shiftKey ? -1 : 1);
  } else if (event.key === "Escape" && !event.defaultPrevented && byId("thread").contains(event.target) && event.target.matches("textarea")) {
    go({ channel: store.place.channel });
    focusComposer();
  }
}

let part = 0;

function nextPart(by) {
  const all = parts();
  part = (part + by + all.length) % all.length;
  all[part]?.();
}

start();
