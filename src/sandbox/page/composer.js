// The message field of a channel or a thread. Enter sends; what was sent
// stands above it as "Sending" until the workspace has it, or with the reason
// why it was not taken and the text to put back.

import { runShortcut, shortcuts } from "./actions.js";
import { act } from "./api.js";
import { completion } from "./completion.js";
import { closer } from "./dialogs.js";
import { freshId, h } from "./dom.js";
import { fit } from "./fields.js";
import { icon } from "./icons.js";
import { openMenu, openPicker } from "./popup.js";
import { store } from "./store.js";

const drafts = new Map();

export function forgetDrafts() {
  drafts.clear();
}

/** `testid` prefixes the hooks for browser tests: "composer" and "send", or "thread-composer" and "thread-send". */
export function composer({ channel, thread = null, label, id, prefix = "" }) {
  const key = `${channel}/${thread ?? ""}`;
  const strip = h("div.sending", { role: "status", "aria-live": "polite" });
  const field = h("textarea.composer-field", {
    id: id ?? freshId("composer"), rows: "1", "aria-label": label, placeholder: thread ? label : `${label}, or / for a command`,
    value: drafts.get(key) ?? "", enterkeyhint: "send", autocapitalize: "sentences", data: { testid: `${prefix}composer` },
  });
  const sendButton = h("button.send", { type: "button", "aria-label": "Send", title: "Send (Enter)", disabled: true, data: { testid: `${prefix}send` }, onclick: () => submit() }, icon("send", 18));
  const tool = (name, title, opens, onclick) => h("button.icon-button", { type: "button", "aria-label": title, title, "aria-haspopup": opens, "aria-expanded": opens && "false", onclick: (event) => onclick(event.currentTarget) }, icon(name, 18));
  const bar = h("div.composer-bar", null,
    tool("bolt", "Commands and shortcuts", "menu", (anchor) => openMenu(anchor, launcher(start), { label: "Commands and shortcuts" })),
    tool("at", "Mention someone", null, () => insert("@")),
    tool("smile", "Emoji", "dialog", (anchor) => openPicker(anchor, (name) => insert(`:${name}: `), { label: "Emoji" })),
    h("span.composer-hint", { "aria-hidden": "true" }, h("kbd", null, "Enter"), " sends · ", h("kbd", null, "Shift Enter"), " new line"),
    sendButton);
  bar.firstChild.dataset.testid = `${prefix}shortcuts`;
  const box = h("div.composer-box", null, field, bar);
  const node = h("div.composer", null, strip, box);
  const complete = completion(field, box);

  function insert(text) {
    const before = field.value[field.selectionStart - 1];
    field.focus();
    field.setRangeText(before && !/\s/.test(before) ? ` ${text}` : text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function start(text) {
    field.value = text;
    field.focus();
    field.setSelectionRange(text.length, text.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function submit() {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    complete.close();
    changed();
    field.focus();
    send(text);
  }

  async function send(text) {
    const line = pending(text, (again) => { line.remove(); again ? send(text) : start(field.value ? `${text}\n${field.value}` : text); });
    strip.append(line);
    const path = text.startsWith("/") ? "/sandbox/command" : "/sandbox/message";
    const { problem } = await act(path, { person: store.me, channel, text, ...(thread && { thread }) });
    if (problem) fail(line, problem, prefix);
    else line.remove();
  }

  function changed() {
    drafts.set(key, field.value);
    sendButton.disabled = !field.value.trim();
    fit(field);
  }

  field.addEventListener("input", changed);
  field.addEventListener("keydown", (event) => {
    if (complete.keydown(event) || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit();
    }
  });
  requestAnimationFrame(changed);
  return { node, field, start, focus: () => field.focus({ preventScroll: true }) };
}

/** A line that says what is on its way. */
function pending(text, settle) {
  const shown = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  const node = h("div.sending-line", { data: { testid: "sending" } }, h("span.spinner", { "aria-hidden": "true" }), h("span.sending-words", null, h("span.sending-state", null, "Sending"), " ", h("q", null, shown)));
  node.settle = settle;
  return node;
}

function fail(line, problem, prefix) {
  const press = (words, again) => h("button.button.small", { type: "button", onclick: () => line.settle(again) }, words);
  line.classList.add("failed");
  line.dataset.testid = `${prefix}send-error`;
  line.setAttribute("role", "alert");
  line.firstChild.replaceWith(icon("warning", 18));
  line.querySelector(".sending-state").textContent = problem;
  line.append(press("Send again", true), press("Edit", false), closer(() => line.remove(), 16));
}

function launcher(start) {
  const commands = store.state.app.commands.map((one) => ({ label: one.command, note: one.description, icon: "bolt", onpick: () => start(`${one.command} `) }));
  const global = shortcuts("global").map((one) => ({ label: one.name, note: store.state.app.name, icon: "bolt", data: { shortcut: one.callback_id }, onpick: () => runShortcut(one) }));
  return [
    ...(global.length ? [{ heading: "Shortcuts" }, ...global] : []),
    ...(commands.length ? [{ heading: "Commands" }, ...commands] : []),
  ];
}
