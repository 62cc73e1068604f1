// The message field of a channel or a thread. Enter sends; what was sent
// stands above it as "Sending" until the workspace has it, or with the reason
// why it was not taken and the text to put back.

import { runShortcut, shortcuts } from "./actions.js";
import { act } from "./api.js";
import { Completion } from "./completion.js";
import { freshId, h } from "./dom.js";
import { fit } from "./fields.js";
import { icon } from "./icons.js";
import { openMenu, openPicker } from "./popup.js";
import { Sending } from "./sending.js";
import { messagesOf, on, store } from "./store.js";

const drafts = new Map();

export function forgetDrafts() {
  drafts.clear();
}

export class Composer {
  #place;
  #prefix;
  #field;
  #send;
  #completion;
  #strip = h("div.sending", { role: "status", "aria-live": "polite" });

  /** `prefix` sets the hooks for browser tests apart: "composer" and "send" in a channel, "thread-composer" and "thread-send" in a thread. */
  constructor({ channel, thread = null, label, id, prefix = "" }) {
    this.#place = { channel, thread };
    this.#prefix = prefix;
    this.#field = h("textarea.composer-field", {
      id: id ?? freshId("composer"), rows: "1", "aria-label": label, placeholder: thread ? label : `${label}, or / for a command`,
      value: drafts.get(this.#key) ?? "", enterkeyhint: "send", data: { testid: `${prefix}composer` },
      oninput: () => this.#changed(), onkeydown: (event) => this.#keys(event),
    });
    this.#send = h("button.send", { type: "button", "aria-label": "Send", title: "Send (Enter)", disabled: true, data: { testid: `${prefix}send` }, onclick: () => this.#submit() }, icon("send", 18));
    const box = h("div.composer-box", null, this.#field, this.#bar());
    this.node = h("div.composer", null, this.#strip, box);
    this.#completion = new Completion(this.#field, box);
    requestAnimationFrame(() => this.#changed());
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  /** Puts a text into the field, to go on from there. */
  start(text) {
    this.#field.value = text;
    this.#field.focus();
    this.#field.setSelectionRange(text.length, text.length);
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  get #key() {
    return `${this.#place.channel}/${this.#place.thread ?? ""}`;
  }

  #bar() {
    const tool = (name, title, opens, onclick, testid) => h("button.icon-button", { type: "button", "aria-label": title, title, "aria-haspopup": opens, "aria-expanded": opens && "false", data: { testid: `${this.#prefix}${testid}` }, onclick: (event) => onclick(event.currentTarget) }, icon(name, 18));
    return h("div.composer-bar", null,
      tool("bolt", "Commands and shortcuts", "menu", (anchor) => openMenu(anchor, this.#launcher(), { label: "Commands and shortcuts" }), "shortcuts"),
      tool("at", "Mention someone", null, () => this.#insert("@"), "mention"),
      tool("smile", "Emoji", "dialog", (anchor) => openPicker(anchor, (name) => this.#insert(`:${name}: `), { label: "Emoji" }), "emoji"),
      h("span.composer-hint", { "aria-hidden": "true" }, h("kbd", null, "Enter"), " sends · ", h("kbd", null, "Shift Enter"), " new line"),
      this.#send);
  }

  #launcher() {
    const commands = store.state.app.commands.map((one) => ({ label: one.command, note: one.description, icon: "bolt", onpick: () => this.start(`${one.command} `) }));
    const global = shortcuts("global").map((one) => ({ label: one.name, note: store.state.app.name, icon: "bolt", data: { shortcut: one.callback_id }, onpick: () => runShortcut(one) }));
    return [
      ...(global.length ? [{ heading: "Shortcuts" }, ...global] : []),
      ...(commands.length ? [{ heading: "Commands" }, ...commands] : []),
    ];
  }

  #insert(text) {
    const before = this.#field.value[this.#field.selectionStart - 1];
    this.#field.focus();
    this.#field.setRangeText(before && !/\s/.test(before) ? ` ${text}` : text, this.#field.selectionStart, this.#field.selectionEnd, "end");
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #changed() {
    drafts.set(this.#key, this.#field.value);
    this.#send.disabled = !this.#field.value.trim();
    fit(this.#field);
  }

  #keys(event) {
    if (this.#completion.keydown(event) || event.isComposing) return;
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#field.value.trim();
    if (!text) return;
    this.#field.value = "";
    this.#completion.close();
    this.#changed();
    this.#field.focus();
    this.#deliver(text);
  }

  async #deliver(text) {
    const { channel, thread } = this.#place;
    const line = new Sending(text, this.#prefix, {
      again: () => this.#deliver(text),
      edit: () => this.start(this.#field.value ? `${text}\n${this.#field.value}` : text),
    });
    this.#strip.append(line.node);
    const before = messagesOf(channel).at(-1)?.ts ?? "";
    // As soon as the message stands in the list, the line has nothing more to say.
    const stop = on("messages", (id) => {
      line.node.hidden ||= id === channel && messagesOf(channel).some((one) => one.user === store.me && one.ts > before);
    });
    const isCommand = text.startsWith("/");
    const { answer, problem } = await act(isCommand ? "/sandbox/command" : "/sandbox/message", { person: store.me, channel, text, ...(thread && { thread }) });
    stop();
    // A message the workspace has is posted, whatever the app says to it; sending it again would double it.
    if (problem && answer && !isCommand) line.note(`Posted. ${problem}`);
    else if (problem) line.fail(problem);
    else line.node.remove();
  }
}
