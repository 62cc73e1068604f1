// What the message field offers while a person types: the app's commands after
// "/", people and groups after "@", channels after "#", emoji after ":".

import { freshId, h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { icon } from "./icons.js";
import { avatar } from "./inline.js";
import { popupFor } from "./popup.js";
import { initialsOf, store } from "./store.js";

const LIMIT = 8;

/** The list that belongs to a text area; its owner hands it the keys first. */
export class Completion {
  #field;
  #list = h("ul.listbox.completion", { role: "listbox", id: freshId("completion"), "aria-label": "Suggestions", data: { match: "width", testid: "completion" } });
  #popup;
  /** What is offered: `{ from, options, hint? }`, or null. */
  #found = null;
  #active = 0;

  constructor(field, anchor) {
    this.#field = field;
    this.#popup = popupFor(anchor, this.#list);
    field.setAttribute("aria-autocomplete", "list");
    for (const event of ["input", "click"]) field.addEventListener(event, () => this.#look());
    field.addEventListener("blur", () => this.close());
  }

  close() {
    this.#found = null;
    if (this.#popup.open) this.#popup.hide();
    this.#field.removeAttribute("aria-activedescendant");
    this.#field.removeAttribute("aria-controls");
  }

  /** Whether this key was for the list. */
  keydown(event) {
    if (!this.#found || this.#found.hint || event.isComposing) return false;
    const option = this.#found.options[this.#active];
    const typed = this.#field.value.slice(this.#found.from, this.#field.selectionStart);
    if (event.key === "ArrowDown") this.#mark(this.#active + 1);
    else if (event.key === "ArrowUp") this.#mark(this.#active - 1);
    else if (event.key === "Escape") this.close();
    // What is already typed in full is sent by Enter, not completed once more.
    else if (event.key === "Tab" || (event.key === "Enter" && typed !== option.insert)) this.#accept(option);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #look() {
    const { value, selectionStart, selectionEnd } = this.#field;
    this.#found = selectionStart === selectionEnd ? suggestions(value.slice(0, selectionStart)) : null;
    if (!this.#found) {
      this.close();
      return;
    }
    this.#list.replaceChildren(...this.#found.options.map((option) => this.#optionNode(option)));
    this.#popup.show();
    this.#field.setAttribute("aria-controls", this.#list.id);
    if (this.#found.hint) this.#field.removeAttribute("aria-activedescendant");
    else this.#mark(0);
    this.#popup.follow();
  }

  #mark(index) {
    const nodes = [...this.#list.querySelectorAll("[role=option]")];
    this.#active = (index + nodes.length) % nodes.length;
    nodes.forEach((node, at) => {
      node.classList.toggle("active", at === this.#active);
      node.setAttribute("aria-selected", String(at === this.#active));
    });
    this.#field.setAttribute("aria-activedescendant", nodes[this.#active]?.id ?? "");
    nodes[this.#active]?.scrollIntoView({ block: "nearest" });
  }

  #accept(option) {
    this.#field.setRangeText(`${option.insert} `, this.#found.from, this.#field.selectionStart, "end");
    this.close();
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
    this.#field.focus();
  }

  #optionNode(option) {
    const { hint } = this.#found;
    return h(hint ? "li.option.hint" : "li.option",
      { role: hint ? "presentation" : "option", id: freshId("suggestion"), onpointerdown: (event) => event.preventDefault(), onclick: () => hint || this.#accept(option) },
      option.node, h("span.option-text", null, h("span", null, h("strong", null, option.label), option.usage && h("span.option-usage", null, ` ${option.usage}`)), option.note && h("span.option-note", null, option.note)));
  }
}

/** What fits the text before the caret. */
function suggestions(text) {
  if (/^\/\S*$/.test(text)) return listed(0, commands().filter((one) => one.insert.startsWith(text.toLowerCase())));
  const known = /^(\/\S+)\s/.exec(text);
  const usage = known && commands().find((one) => one.insert === known[1]);
  if (usage?.usage) return { from: 0, hint: true, options: [usage] };
  const word = /(?:^|[\s(])([@#:])([\p{L}\p{N}._+-]*)$/u.exec(text);
  if (!word) return null;
  const [, sign, needle] = word;
  const from = text.length - needle.length - 1;
  const fits = (option) => `${option.label} ${option.note ?? ""}`.toLowerCase().split(/[\s@(]+/).some((part) => part.startsWith(needle.toLowerCase()));
  if (sign === "@") return listed(from, mentions().filter(fits));
  if (sign === "#") return listed(from, channels().filter(fits));
  return needle.length < 2 ? null : listed(from, emojis(needle.toLowerCase()));
}

function listed(from, options) {
  return options.length ? { from, options: options.slice(0, LIMIT) } : null;
}

function commands() {
  return store.state.app.commands.map((one) => ({ insert: one.command, label: one.command, usage: one.usage_hint, note: one.description, node: icon("bolt", 18) }));
}

function mentions() {
  const people = store.state.people.map((one) => ({
    insert: `@${one.handle}`, label: one.real_name, note: `@${one.handle}`,
    node: avatar({ ...one, name: one.real_name, isApp: one.is_bot, initials: one.initials ?? initialsOf(one.real_name) }, "tiny"),
  }));
  const groups = store.state.groups.map((one) => ({ insert: `@${one.handle}`, label: `@${one.handle}`, note: one.name, node: icon("people", 18) }));
  const everyone = [["here", "Everyone here now"], ["channel", "Everyone in this channel"]].map(([name, note]) => ({ insert: `@${name}`, label: `@${name}`, note, node: icon("people", 18) }));
  return [...people, ...groups, ...everyone];
}

function channels() {
  return store.state.channels.filter((one) => !one.is_im).map((one) => ({ insert: `#${one.name}`, label: one.name, note: one.topic, node: icon(one.is_private ? "lock" : "hash", 18) }));
}

function emojis(needle) {
  const names = [...EMOJI.keys()].filter((name) => name.includes(needle));
  names.sort((a, b) => Number(b.startsWith(needle)) - Number(a.startsWith(needle)) || a.length - b.length);
  return names.map((name) => ({ insert: `:${name}:`, label: `:${name}:`, node: h("span.emoji", { "aria-hidden": "true" }, EMOJI.get(name)) }));
}
