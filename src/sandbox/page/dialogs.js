// The page's own dialogs: a confirmation the app asked for, the jump to a
// channel, the source of a message, the keys. And toasts.

import { byId, freshId, h } from "./dom.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";

/** Asks what a `confirm` object of the app asks; resolves to true when the person agreed. */
export function confirmed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    let agreed = false;
    const title = freshId("confirm");
    const close = () => dialog.close();
    const yes = h(`button.button.${confirm.style === "danger" ? "danger" : "primary"}`, { type: "button", data: { testid: "confirm-yes" }, onclick: () => { agreed = true; close(); } }, textObject(confirm.confirm) ?? "Yes");
    const no = h("button.button", { type: "button", data: { testid: "confirm-no" }, onclick: close }, textObject(confirm.deny) ?? "Cancel");
    const dialog = h("dialog.small-dialog", { "aria-labelledby": title, data: { testid: "confirm" } },
      h("h2", { id: title }, textObject(confirm.title) ?? "Are you sure?"),
      h("div.dialog-text", null, textObject(confirm.text)),
      h("div.dialog-foot", null, no, yes));
    open(dialog, () => resolve(agreed));
    yes.focus();
  });
}

/** Lists places to jump to: `{ label, note, node, href, unread }`. */
export function openJump(places) {
  const list = h("ul.jump-list", { role: "listbox", id: freshId("jump"), "aria-label": "Places" });
  let chosen = 0;
  let shown = [];
  const mark = (index) => {
    chosen = Math.max(0, Math.min(shown.length - 1, index));
    [...list.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === chosen)));
    input.setAttribute("aria-activedescendant", list.children[chosen]?.id ?? "");
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const go = (place) => {
    dialog.close();
    place.go();
  };
  const show = () => {
    const needle = input.value.trim().toLowerCase().replace(/^[#@]/, "");
    shown = places.filter((place) => `${place.label} ${place.note ?? ""}`.toLowerCase().includes(needle));
    list.replaceChildren(...shown.map((place) => h("li.jump-item", { role: "option", id: freshId("place"), onclick: () => go(place) },
      place.node, h("span.jump-label", null, place.label), place.unread && h("span.badge", null, String(place.unread)), h("span.jump-note", null, place.note))));
    if (!shown.length) list.append(h("li.jump-none", null, "No channel or person of that name"));
    mark(0);
  };
  const input = h("input.jump-input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": list.id, "aria-label": "Jump to a channel or person", placeholder: "Jump to…", autocomplete: "off", spellcheck: "false", oninput: show });
  const dialog = h("dialog.jump-dialog", { "aria-label": "Jump to a channel or person", data: { testid: "jump" },
    onkeydown: (event) => {
      if (event.key === "ArrowDown") mark(chosen + 1);
      else if (event.key === "ArrowUp") mark(chosen - 1);
      else if (event.key === "Enter" && shown[chosen]) go(shown[chosen]);
      else return;
      event.preventDefault();
    } }, h("div.jump-field", null, icon("search", 18), input), list);
  open(dialog);
  show();
  input.focus();
}

/** Shows the JSON the app sent, to copy. */
export function openSource(title, value) {
  const text = JSON.stringify(value, null, 2);
  const heading = freshId("source");
  const copy = h("button.button", { type: "button", onclick: async () => { await copyText(text); copy.lastChild.textContent = "Copied"; } }, icon("copy", 16), h("span", null, "Copy"));
  const dialog = h("dialog.source-dialog", { "aria-labelledby": heading },
    h("header.dialog-head", null, h("h2", { id: heading }, title), copy, closer(() => dialog.close())),
    h("pre.code-block", { tabindex: "0" }, text));
  open(dialog);
}

const KEYS = [
  ["Ctrl K", "Jump to a channel or person"],
  ["F6", "Next part of the page: channels, messages, thread, message field"],
  ["↑ ↓", "Move along channels and messages"],
  ["Enter", "On a message: open its thread. In the message field: send"],
  ["Shift Enter", "New line"],
  ["R", "On a message: add a reaction"],
  ["M", "On a message: more, with the app's shortcuts"],
  ["/", "In an empty message field: the app's commands"],
  ["@  #  :", "Complete a person, a channel, an emoji"],
  ["Esc", "Close what is open; back to the message field"],
];

export function openKeys() {
  const heading = freshId("keys");
  const command = /mac/i.test(navigator.platform) ? (text) => text.replace("Ctrl", "⌘") : (text) => text;
  const dialog = h("dialog.small-dialog", { "aria-labelledby": heading },
    h("header.dialog-head", null, h("h2", { id: heading }, "Keys"), closer(() => dialog.close())),
    h("dl.keys", null, KEYS.map(([keys, what]) => [h("dt", null, command(keys).split(" ").filter(Boolean).map((key) => h("kbd", null, key))), h("dd", null, what)])));
  open(dialog);
}

/** A sentence in the corner, for what has no better place. */
export function toast(sentence) {
  const node = h("div.toast", null, icon("warning", 18), h("span", null, sentence), closer(() => node.remove(), 16));
  byId("toasts").append(node);
  setTimeout(() => node.remove(), 12_000);
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    toast("The browser did not allow copying. Select the text and copy it by hand.");
  }
}

export function closer(onclick, size = 18) {
  return h("button.icon-button", { type: "button", "aria-label": "Close", onclick }, icon("close", size));
}

function open(dialog, onclosed) {
  const before = document.activeElement;
  // A press on the backdrop reaches the dialog itself, not its content.
  dialog.addEventListener("pointerdown", (event) => {
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (event.target === dialog && !inside) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    onclosed?.();
    if (before?.isConnected && document.activeElement === document.body) before.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
}
