// The rows of a list of messages: messages, days, and the line where "New"
// starts. A row is drawn once and kept for as long as it says the same.

import { h } from "./dom.js";
import { messageNode } from "./message.js";
import { store } from "./store.js";
import { dayKey, dayName, instant } from "./time.js";

const TOGETHER_SECONDS = 300;

export class Rows {
  #drawn = new Map();
  #used = new Set();
  #rows = [];

  /** `openThread(ts)`: absent inside a thread; `divideAfter`: there, its first message. */
  constructor({ channel, openThread, newFrom, divideAfter }) {
    Object.assign(this, { channel, openThread, newFrom, divideAfter });
  }

  /** The nodes for `shown`, in order; `all` are the messages of the channel, replies included. */
  draw(shown, all) {
    this.#rows = [];
    this.#used = new Set();
    const threads = this.openThread ? threadsOf(all) : new Map();
    const newFrom = this.newFrom();
    let previous = null;
    let marked = false;
    for (const message of shown) {
      const newDay = !this.divideAfter && (!previous || dayOf(previous) !== dayOf(message));
      const isNew = !marked && newFrom && message.ts > newFrom && message.user !== store.me && !message.ephemeral;
      if (newDay) this.#day(instant(message.ts));
      // Where everything is new, the line would say nothing.
      if (isNew && previous) this.#take("new", "new", () => h("div.divider.new", { role: "separator" }, h("span", null, "New")));
      this.#message(message, { compact: !newDay && !isNew && follows(previous, message), replies: threads.get(message.ts) ?? [] });
      if (this.divideAfter === message.ts) this.#replies(shown.length - 1);
      marked ||= Boolean(isNew);
      previous = this.divideAfter === message.ts ? null : message;
    }
    for (const key of this.#drawn.keys()) if (!this.#used.has(key)) this.#drawn.delete(key);
    return this.#rows;
  }

  /** The node of a message that is shown. */
  find(ts) {
    return this.#drawn.get(`message/${ts}`)?.node ?? null;
  }

  #message(message, { compact, replies }) {
    const working = this.openThread ? store.status.get(`${this.channel}/${message.ts}`) : null;
    const signature = JSON.stringify([message, compact, replies.map((one) => [one.ts, one.user]), working, store.epoch]);
    this.#take(`message/${message.ts}`, signature, () => messageNode(message, { compact, replies, working, openThread: this.openThread }));
  }

  #day(date) {
    this.#take(`day/${dayKey(date)}`, dayName(date), () => divider(dayName(date), "centre"));
  }

  #replies(count) {
    const words = count ? `${count} ${count === 1 ? "reply" : "replies"}` : "No replies yet";
    this.#take("replies", words, () => divider(words, "start"));
  }

  #take(key, signature, build) {
    this.#used.add(key);
    const known = this.#drawn.get(key);
    if (known?.signature === signature) {
      this.#rows.push(known.node);
      return;
    }
    const node = build();
    // A message that had the focus itself gets it back once it stands in the list.
    if (known?.node === document.activeElement) node.dataset.refocus = "true";
    this.#drawn.set(key, { signature, node });
    this.#rows.push(node);
  }
}

/** Replies by the message they belong to. */
function threadsOf(all) {
  const threads = new Map();
  for (const message of all) {
    if (!message.thread_ts || message.thread_ts === message.ts || message.ephemeral) continue;
    if (!threads.has(message.thread_ts)) threads.set(message.thread_ts, []);
    threads.get(message.thread_ts).push(message);
  }
  return threads;
}

/** Whether a message continues the one before it, so that its author need not be named again. */
function follows(previous, message) {
  return Boolean(previous)
    && previous.user === message.user
    && previous.username === message.username
    && !previous.ephemeral
    && !message.ephemeral
    && instant(message.ts) - instant(previous.ts) < TOGETHER_SECONDS * 1000;
}

function dayOf(message) {
  return dayKey(instant(message.ts));
}

function divider(words, at) {
  return h("div.divider", { role: "separator", data: { at } }, h("span", null, words));
}
