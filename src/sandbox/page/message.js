// One message as a node: author, text or blocks, attachments, files,
// reactions, its thread, and the buttons that appear over it.

import { react, runShortcut, sendAction, shortcuts } from "./actions.js";
import { attachments, files } from "./attachments.js";
import { blocks } from "./blocks.js";
import { copyText, openSource } from "./dialogs.js";
import { fragment, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { Form } from "./form.js";
import { icon } from "./icons.js";
import { avatar } from "./inline.js";
import { flat, mrkdwn } from "./mrkdwn.js";
import { openMenu, openPicker } from "./popup.js";
import { appName, author, mentionsMe, person, store } from "./store.js";
import { clock, exact, instant, moment } from "./time.js";

const forms = new Map();

/** Forgets what was half filled in, when another person looks. */
export function forgetForms() {
  forms.clear();
}

/**
 * `compact`: the message follows another of the same author. `replies`: those
 * of its thread, to sum up under it. `working`: what the app says it is doing
 * there. `openThread`: absent inside a thread.
 */
export function messageNode(message, { compact, replies = [], working, openThread }) {
  const who = author(message);
  const date = instant(message.ts);
  const say = sayer();
  const form = formOf(message);
  form.begin();
  const surface = {
    kind: "message", form, channel: message.channel,
    send: (action, control) => sendAction({ message: { channel: message.channel, ts: message.ts } }, action, form, control, say.show),
  };
  const node = h(
    "article.message",
    {
      tabindex: "-1", "aria-label": `${who.name}, ${moment(date)}${message.ephemeral ? ", only visible to you" : ""}`,
      class: [compact && "compact", message.ephemeral && "ephemeral", mentionsMe(message) && "mentioned"].filter(Boolean).join(" "),
      data: { testid: "message", ts: message.ts, user: message.user, ephemeral: message.ephemeral ? "true" : null },
    },
    h("div.gutter", null, compact ? h("time.gutter-time", { datetime: date.toISOString(), title: exact(date) }, clock(date)) : avatar(who)),
    h("div.content", null,
      message.ephemeral && h("p.only-you", null, icon("eye", 15), "Only visible to you"),
      !compact && heading(message, who, date),
      body(message, surface, who),
      attachments(message.attachments, surface),
      files(message.files),
      message.streaming && h("p.streaming", null, h("span.dots", { "aria-hidden": "true" }), message.status || "Writing…"),
      say.node,
      reactions(message),
      replies.length > 0 && openThread && threadLink(message, replies, openThread),
      working && h("p.working", { role: "status" }, h("span.dots", { "aria-hidden": "true" }), `${appName()} ${working}`)),
    toolbar(message, openThread),
  );
  node.addEventListener("keydown", (event) => keys(event, node, message, openThread));
  return node;
}

/** A line of text for announcements and previews. */
export function summary(message) {
  const text = message.text || (message.blocks ? "a card" : message.files?.length ? "a file" : "");
  return flat(text).slice(0, 200);
}

function formOf(message) {
  const key = `${message.channel}/${message.ts}`;
  if (!forms.has(key)) forms.set(key, new Form());
  return forms.get(key);
}

function sayer() {
  const text = h("span");
  const node = h("p.problem", { role: "alert", hidden: true, data: { testid: "problem" } }, icon("warning", 16), text);
  return {
    node,
    show(sentence) {
      node.hidden = !sentence;
      text.textContent = sentence ?? "";
    },
  };
}

function heading(message, who, date) {
  return h("header.message-head", null,
    h("span.author", null, who.name),
    who.isApp && h("span.tag", null, "App"),
    who.isGuest && h("span.tag", null, "Guest"),
    h("time", { datetime: date.toISOString(), title: exact(date) }, clock(date)));
}

function body(message, surface, who) {
  const edited = message.edited && h("span.edited", null, "(edited)");
  if (message.blocks?.length) {
    const card = who.isApp && !message.blocks.every(isProse);
    return h(card ? "div.blocks.card" : "div.blocks", null, blocks(message.blocks, surface), edited);
  }
  if (!message.text) return edited && h("div.text", null, edited);
  const only = /^(\s*:[a-z0-9_+'-]+:\s*){1,8}$/.test(message.text) && [...message.text.matchAll(/:([a-z0-9_+'-]+):/g)].every(([, name]) => emoji(name));
  return h(only ? "div.text.jumbo" : "div.text", null, mrkdwn(message.text), edited && fragment(" ", edited));
}

/** Text without structure needs no frame around it. */
function isProse(block) {
  return ["rich_text", "markdown"].includes(block.type) || (block.type === "section" && !block.accessory && !block.fields);
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  const names = (users) => users.map((id) => (id === store.me ? "You" : person(id)?.real_name ?? id)).join(", ");
  const chips = message.reactions.filter((one) => one.users.length).map((one) => h(
    "button.reaction",
    { type: "button", "aria-pressed": String(one.users.includes(store.me)), title: `${names(one.users)} reacted with :${one.name}:`, "aria-label": `${one.name.replaceAll("_", " ")}, ${one.users.length}: ${names(one.users)}`, data: { control: `reaction/${one.name}`, reaction: one.name }, onclick: () => react(message, one.name) },
    h("span.emoji", { "aria-hidden": "true" }, emoji(one.name) ?? `:${one.name}:`), h("span.reaction-count", { "aria-hidden": "true" }, String(one.users.length)),
  ));
  const add = h("button.reaction.add", { type: "button", "aria-label": "Add a reaction", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => openPicker(add, (name) => react(message, name)) }, icon("smile", 16));
  return h("div.reactions", null, chips, add);
}

function threadLink(message, replies, openThread) {
  const writers = [...new Map(replies.map((one) => [one.user, author(one)])).values()].slice(0, 4);
  const last = instant(replies.at(-1).ts);
  return h("button.thread-link", { type: "button", data: { control: "thread", testid: "thread-link" }, onclick: () => openThread(message.ts) },
    h("span.thread-avatars", { "aria-hidden": "true" }, writers.map((one) => avatar(one, "tiny"))),
    h("span.thread-count", null, `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`),
    h("span.thread-last", null, `Last ${moment(last)}`));
}

function toolbar(message, openThread) {
  const tool = (name, label, opens, onclick, testid) => h("button.icon-button", { type: "button", "aria-label": label, title: label, "aria-haspopup": opens, "aria-expanded": opens && "false", data: { testid, control: `tool/${testid}` }, onclick: (event) => onclick(event.currentTarget) }, icon(name, 18));
  return h("div.toolbar", { role: "group", "aria-label": "Message actions" },
    !message.ephemeral && tool("smile", "Add a reaction", "dialog", (anchor) => openPicker(anchor, (name) => react(message, name)), "react"),
    openThread && !message.ephemeral && tool("thread", "Reply in thread", null, () => openThread(message.ts), "open-thread"),
    tool("more", "More actions", "menu", (anchor) => openMenu(anchor, moreItems(message), { label: "Message actions", align: "end" }), "message-menu"));
}

function moreItems(message) {
  const own = message.ephemeral ? [] : shortcuts("message").map((one) => ({ label: one.name, note: store.state.app.name, icon: "bolt", data: { shortcut: one.callback_id }, onpick: () => runShortcut(one, message) }));
  return [
    ...(own.length ? [...own, "line"] : []),
    { label: "Copy text", icon: "copy", onpick: () => copyText(summary(message)) },
    { label: "Show what was sent", note: "The message as JSON", icon: "code", onpick: () => openSource("The message as sent", message) },
  ];
}

function keys(event, node, message, openThread) {
  if (event.target !== node || event.ctrlKey || event.metaKey || event.altKey) return;
  const press = (testid) => node.querySelector(`[data-testid="${testid}"]`)?.click();
  if (event.key === "Enter" && openThread && !message.ephemeral) openThread(message.ts);
  else if (event.key === "r") press("react");
  else if (event.key === "m") press("message-menu");
  else return;
  event.preventDefault();
}
