// A list of messages that follows the conversation: it stays at the end for
// who reads there, stays put for who has scrolled up, and fetches older rows
// into view as they come near.

import { announce, arrange, h, keepingFocus, moveFocus } from "./dom.js";
import { icon } from "./icons.js";
import { summary } from "./message.js";
import { Rows } from "./rows.js";
import { author, emit, messagesOf, store } from "./store.js";

/** How many messages are drawn at first, and how many more each time the top comes near. */
const STRETCH = 150;
const NEAR = { top: 600, end: 48 };

export class MessageList {
  #rows;
  #list;
  #scroller;
  #fresh;
  #watch;
  #atEnd = true;
  #limit = STRETCH;
  #hasEarlier = false;
  /** The newest message that is shown, and the newest of all, replies included. */
  #newest = null;
  #newestOfAll = null;
  #sight = () => this.#look();

  /**
   * `pick(messages)` chooses what is listed; with `openThread(ts)`, threads
   * are summed up below their first message; `before(empty)` is the node above
   * the first message; `newFrom()` is a ts or null; `onread(ts)` runs when the
   * last message is in sight.
   */
  constructor({ channel, label, pick, openThread, before, newFrom = () => null, divideAfter = null, onread }) {
    Object.assign(this, { channel, pick, before, divideAfter, onread });
    this.#rows = new Rows({ channel, openThread, newFrom, divideAfter });
    this.#list = h("div.list", { role: "log", "aria-live": "off", "aria-label": label, onkeydown: (event) => moveInList(event, this.#list) });
    this.#scroller = h("div.scroller", { onscroll: this.#sight }, this.#list);
    this.#fresh = h("button.to-new", { type: "button", hidden: true, onclick: () => this.toEnd(true) }, icon("down", 16), "New messages");
    this.node = h("div.messages", null, this.#scroller, this.#fresh);
    // Images and fonts that arrive late must not push the end out of sight.
    this.#watch = new ResizeObserver(() => this.#atEnd && this.toEnd());
    this.#watch.observe(this.#list);
    this.#watch.observe(this.#scroller);
    document.addEventListener("visibilitychange", this.#sight);
  }

  /** Draws what changed; everything else keeps its node, its focus and its scroll. */
  update() {
    if (!store.messages.has(this.channel)) return;
    const all = messagesOf(this.channel);
    const picked = this.pick(all);
    const shown = this.divideAfter ? picked : picked.slice(-this.#limit);
    this.#hasEarlier = shown.length < picked.length;
    const above = this.before && !this.#hasEarlier ? [this.before(shown.length === 0)] : [];
    keepingFocus(this.#list, () => arrange(this.#list, [...above, ...this.#rows.draw(shown, all)]));
    rove(this.#list);
    this.#newestOfAll = all.at(-1)?.ts ?? null;
    this.#follow(shown);
  }

  toEnd(smooth = false) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: smooth && !still ? "smooth" : "instant" });
    this.#look();
  }

  /** Brings one message into sight and marks it for a moment. */
  reveal(ts) {
    const picked = this.pick(messagesOf(this.channel));
    const at = picked.findLastIndex((one) => one.ts === ts);
    if (at < 0) return;
    this.#limit = Math.max(this.#limit, picked.length - at + 20);
    this.update();
    this.#rows.find(ts)?.scrollIntoView({ block: "center" });
    this.#rows.find(ts)?.classList.add("revealed");
  }

  focus() {
    (this.#list.querySelector(".message[tabindex='0']") ?? this.#list).focus();
  }

  close() {
    this.#watch.disconnect();
    document.removeEventListener("visibilitychange", this.#sight);
  }

  /** Says what arrived, and shows it to whom it concerns. */
  #follow(shown) {
    const newest = shown.at(-1);
    const before = this.#newest;
    this.#newest = newest?.ts ?? "";
    const arrived = before !== null && newest?.ts > before ? shown.filter((one) => one.ts > before) : [];
    // Whoever writes wants to see what they wrote.
    if (arrived.at(-1)?.user === store.me) this.#atEnd = true;
    for (const message of arrived) if (message.user !== store.me) announce(`${author(message).name}: ${summary(message)}`);
    if (this.#atEnd) this.toEnd();
    else if (arrived.length) this.#fresh.hidden = false;
  }

  /** Notes where the reader is. */
  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR.end;
    if (this.#hasEarlier && scrollTop < NEAR.top) this.#showEarlier();
    if (!this.#atEnd) return;
    this.#fresh.hidden = true;
    if (this.#newestOfAll && document.visibilityState === "visible" && this.node.isConnected) this.onread?.(this.#newestOfAll);
  }

  /** Shows an older stretch; what is in sight stays where it is. */
  #showEarlier() {
    const fromEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    this.#limit += STRETCH;
    this.update();
    this.#scroller.scrollTop = this.#scroller.scrollHeight - fromEnd;
  }
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
