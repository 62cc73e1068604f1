// A list of messages that follows the conversation: day dividers, the line
// where "New" starts, authors written once, the view kept at the end for who
// reads there.

import { announce, arrange, h, keepingFocus, moveFocus } from "./dom.js";
import { icon } from "./icons.js";
import { messageNode, summary } from "./message.js";
import { author, emit, messagesOf, store } from "./store.js";
import { dayKey, dayName, instant } from "./time.js";

const TOGETHER_SECONDS = 300;

/**
 * `pick(messages)` chooses what is listed; `repliesOf(ts)` what is summed up
 * below a message; `before` are nodes above the first message; `newFrom` is a
 * ts or null; `onread(ts)` runs when the last message is in sight.
 */
export function messageList({ channel, label, pick, replies = () => [], openThread, before = () => [], newFrom = () => null, divideAfter = null, onread }) {
  const list = h("div.list", { role: "log", "aria-live": "off", "aria-label": label, onkeydown: (event) => moveInList(event, list) });
  const fresh = h("button.to-new", { type: "button", hidden: true, onclick: () => toEnd(true) }, icon("down", 16), "New messages");
  const scroller = h("div.scroller", { onscroll: () => sight() }, list);
  const node = h("div.messages", null, scroller, fresh);
  const drawn = new Map();
  let atEnd = true;
  let last = null;

  const sight = () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;
    if (!atEnd) return;
    fresh.hidden = true;
    if (last && document.visibilityState === "visible" && node.isConnected) onread?.(last);
  };

  function toEnd(smooth = false) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scroller.scrollTo({ top: scroller.scrollHeight, behavior: smooth && !still ? "smooth" : "instant" });
    sight();
  }

  /** Draws what changed; everything else keeps its node, its focus and its scroll. */
  function update() {
    if (!store.messages.has(channel)) return;
    const shown = pick(messagesOf(channel));
    const newest = shown.at(-1)?.ts ?? null;
    const arrived = last !== null && newest > last ? shown.filter((one) => one.ts > last && one.user !== store.me) : [];
    keepingFocus(list, () => arrange(list, [...before(shown), ...rows(shown)]));
    rove(list);
    last = newest;
    for (const message of arrived) announce(`${author(message).name}: ${summary(message)}`);
    if (atEnd) toEnd();
    else if (arrived.length) fresh.hidden = false;
  }

  function rows(shown) {
    const out = [];
    const used = new Set();
    const startNew = newFrom();
    let previous = null;
    let marked = false;
    const take = (key, signature, build) => {
      used.add(key);
      const known = drawn.get(key);
      if (known?.signature === signature) return out.push(known.node);
      const made = build();
      if (known && known.node.contains(document.activeElement) && known.node === document.activeElement) made.dataset.refocus = "true";
      drawn.set(key, { signature, node: made });
      return out.push(made);
    };
    for (const message of shown) {
      const date = instant(message.ts);
      const newDay = !previous || dayKey(instant(previous.ts)) !== dayKey(date);
      const isNew = !marked && startNew && message.ts > startNew && message.user !== store.me && !message.ephemeral;
      if (newDay && !divideAfter) take(`day/${dayKey(date)}`, dayName(date), () => divider(dayName(date)));
      if (isNew) {
        marked = true;
        take("new", "new", () => h("div.divider.new", { role: "separator" }, h("span", null, "New")));
      }
      const compact = !newDay && !isNew && follows(previous, message);
      const under = replies(message.ts);
      const working = openThread ? store.status.get(`${channel}/${message.ts}`) : null;
      const signature = JSON.stringify([message, compact, under.map((one) => [one.ts, one.user]), working, store.epoch]);
      take(`message/${message.ts}`, signature, () => messageNode(message, { compact, replies: under, working, openThread }));
      previous = message;
      if (divideAfter === message.ts) {
        const count = shown.length - 1;
        const words = count ? `${count} ${count === 1 ? "reply" : "replies"}` : "No replies yet";
        take("replies", words, () => divider(words, "start"));
        previous = null;
      }
    }
    for (const key of drawn.keys()) if (!used.has(key)) drawn.delete(key);
    return out;
  }

  // Images and fonts that arrive late must not push the end out of sight.
  const watch = new ResizeObserver(() => atEnd && toEnd());
  watch.observe(list);
  watch.observe(scroller);
  document.addEventListener("visibilitychange", sight);
  return {
    node, update, toEnd,
    close() {
      watch.disconnect();
      document.removeEventListener("visibilitychange", sight);
    },
    focus: () => (list.querySelector(".message[tabindex='0']") ?? list).focus(),
  };
}

function follows(previous, message) {
  return Boolean(previous)
    && previous.user === message.user
    && previous.username === message.username
    && Boolean(previous.ephemeral) === Boolean(message.ephemeral)
    && !message.ephemeral
    && instant(message.ts) - instant(previous.ts) < TOGETHER_SECONDS * 1000;
}

function divider(words, at = "centre") {
  return h("div.divider", { role: "separator", data: { at } }, h("span", null, words));
}

/** One message of the list is in the tab order: the one last visited, else the newest. */
function rove(list) {
  const messages = [...list.querySelectorAll(".message")];
  const refocus = messages.find((node) => node.dataset.refocus);
  const current = refocus ?? messages.find((node) => node.tabIndex === 0) ?? messages.at(-1);
  for (const node of messages) node.tabIndex = node === current ? 0 : -1;
  if (refocus) {
    delete refocus.dataset.refocus;
    refocus.focus({ preventScroll: true });
  }
}

function moveInList(event, list) {
  if (!event.target.matches?.(".message")) {
    // From inside a message, Escape leads back to the message itself.
    if (event.key === "Escape") event.target.closest(".message")?.focus();
    return;
  }
  const messages = [...list.querySelectorAll(".message")];
  if (event.key === "Escape") emit("leave", list);
  if (!moveFocus(event, messages, { wrap: false })) return;
  for (const node of messages) node.tabIndex = node === document.activeElement ? 0 : -1;
}
