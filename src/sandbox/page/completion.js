// What the message field offers while a person types: the app's commands after
// "/", people and groups after "@", channels after "#", emoji after ":".

import { freshId, h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { icon } from "./icons.js";
import { avatar } from "./inline.js";
import { popupFor } from "./popup.js";
import { initialsOf, store } from "./store.js";

const LIMIT = 8;

/** Attaches the list to a text area; returns its `keydown`, which says whether it used a key. */
export function completion(field, anchor) {
  const list = h("ul.listbox.completion", { role: "listbox", id: freshId("completion"), "aria-label": "Suggestions", data: { match: "width", testid: "completion" } });
  const popup = popupFor(anchor, list);
  let found = null;
  let active = 0;
  field.setAttribute("aria-autocomplete", "list");

  const close = () => {
    found = null;
    if (popup.open) popup.hide();
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
  };

  const mark = (index) => {
    const nodes = [...list.querySelectorAll("[role=option]")];
    active = (index + nodes.length) % nodes.length;
    nodes.forEach((node, at) => {
      node.classList.toggle("active", at === active);
      node.setAttribute("aria-selected", String(at === active));
    });
    field.setAttribute("aria-activedescendant", nodes[active]?.id ?? "");
    nodes[active]?.scrollIntoView({ block: "nearest" });
  };

  const accept = (option) => {
    const { from } = found;
    const end = field.selectionStart;
    field.setRangeText(`${option.insert} `, from, end, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };

  const look = () => {
    found = field.selectionStart === field.selectionEnd ? suggestions(field.value.slice(0, field.selectionStart)) : null;
    if (!found) return close();
    list.replaceChildren(...found.options.map((option) => optionNode(option, accept)));
    popup.show();
    field.setAttribute("aria-controls", list.id);
    if (found.hint) field.removeAttribute("aria-activedescendant");
    else mark(0);
    popup.follow();
  };

  field.addEventListener("input", look);
  field.addEventListener("blur", close);
  field.addEventListener("click", look);

  return {
    close,
    keydown(event) {
      if (!found || found.hint || event.isComposing) return false;
      const option = found.options[active];
      if (event.key === "ArrowDown") mark(active + 1);
      else if (event.key === "ArrowUp") mark(active - 1);
      else if (event.key === "Escape") close();
      // A command typed in full is sent by Enter, not completed once more.
      else if (event.key === "Tab" || (event.key === "Enter" && field.value.trim() !== option.insert)) accept(option);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}

function optionNode(option, accept) {
  return h(option.hint ? "li.option.hint" : "li.option",
    { role: option.hint ? "presentation" : "option", id: freshId("suggestion"), onpointerdown: (event) => event.preventDefault(), onclick: () => option.hint || accept(option) },
    option.node, h("span.option-text", null, h("span", null, h("strong", null, option.label), option.usage && h("span.option-usage", null, ` ${option.usage}`)), option.note && h("span.option-note", null, option.note)));
}

/** What fits the text before the caret: `{ from, options, hint? }` or null. */
function suggestions(text) {
  const command = /^\/\S*$/.test(text);
  if (command) return listed(0, commands().filter((one) => one.insert.startsWith(text.toLowerCase())));
  const known = /^(\/\S+)\s/.exec(text);
  const usage = known && commands().find((one) => one.insert === known[1]);
  if (usage?.usage) return { from: 0, hint: true, options: [{ ...usage, hint: true }] };
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
