// The line above a message field that says what is on its way, and what became
// of it when it did not arrive.

import { closer } from "./dialogs.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN = 120;
const NOTE_MS = 10_000;

export class Sending {
  #state = h("span.sending-state", null, "Sending");
  #text;
  #prefix;
  #settle;

  /** `settle`: `{ again(), edit() }`, what a person may do after a failure. */
  constructor(text, prefix, settle) {
    this.#prefix = prefix;
    this.#settle = settle;
    this.#text = h("q", null, text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text);
    this.node = h("div.sending-line", { data: { testid: "sending" } },
      h("span.spinner", { "aria-hidden": "true" }), h("span.sending-words", null, this.#state, " ", this.#text));
  }

  /** It is there, with a remark that goes away by itself. */
  note(words) {
    this.#turn(words, "info");
    this.#text.remove();
    this.node.append(closer(() => this.node.remove(), 16));
    setTimeout(() => this.node.remove(), NOTE_MS);
  }

  fail(problem) {
    this.#turn(problem, "warning");
    this.node.classList.add("failed");
    this.node.dataset.testid = `${this.#prefix}send-error`;
    this.node.setAttribute("role", "alert");
    this.node.append(this.#button("Send again", this.#settle.again), this.#button("Edit", this.#settle.edit), closer(() => this.node.remove(), 16));
  }

  #turn(words, mark) {
    this.node.hidden = false;
    this.node.firstChild.replaceWith(icon(mark, 18));
    this.#state.textContent = words;
  }

  #button(words, act) {
    const press = () => {
      this.node.remove();
      act();
    };
    return h("button.button.small", { type: "button", onclick: press }, words);
  }
}
