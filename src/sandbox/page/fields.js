// The elements a person types into: texts, numbers, dates and times.

import { freshId, h } from "./dom.js";
import { flat } from "./mrkdwn.js";
import { plainAsRichText, richTextAsPlain } from "./rich_text.js";
import { localFromSeconds, secondsFromLocal } from "./time.js";

/** `change` is the one function that keeps and sends an entry; see elements.js. */
export function textField(one, place, change, type) {
  const entry = begin(one, place, { value: one.initial_value ?? null });
  const multiline = Boolean(one.multiline);
  const node = h(multiline ? "textarea.field" : "input.field", {
    id: place.id, type: multiline ? null : type, rows: multiline ? 3 : null, placeholder: hint(one),
    value: entry.value ?? "", autocomplete: "off", ...named(one, place),
  });
  const count = one.max_length && h("span.count", { "aria-hidden": "true" });
  const say = () => {
    if (count) count.textContent = `${length(node.value)} / ${one.max_length}`;
    count && count.classList.toggle("over", length(node.value) > one.max_length);
    if (multiline) fit(node);
  };
  place.surface.form.enlist(place.block, one.action_id, () => textProblem(one, place, node.value, node));
  listen(one, place, change, node, () => ({ type: one.type, value: node.value || null }), say);
  requestAnimationFrame(say);
  return count ? h("div.counted", null, node, count) : node;
}

function textProblem(one, place, value, node) {
  if (!place.input) return null;
  const count = length(value);
  if (!value.trim()) return place.input.optional ? null : "Fill this in to go on.";
  if (one.min_length && count < one.min_length) return `Write at least ${one.min_length} characters; ${one.min_length - count} more to go.`;
  if (one.max_length && count > one.max_length) return `Use at most ${one.max_length} characters; ${count - one.max_length} too many.`;
  if (node.type === "email" && !node.validity.valid) return "Write an e-mail address, such as dana@example.com.";
  if (node.type === "url" && !node.validity.valid) return "Write a whole address, such as https://example.com/page.";
  return null;
}

export function numberField(one, place, change) {
  const entry = begin(one, place, { value: one.initial_value ?? null });
  const node = h("input.field.number", {
    id: place.id, type: "number", inputmode: one.is_decimal_allowed ? "decimal" : "numeric", step: one.is_decimal_allowed ? "any" : "1",
    min: one.min_value, max: one.max_value, placeholder: hint(one), value: entry.value ?? "", ...named(one, place),
  });
  place.surface.form.enlist(place.block, one.action_id, () => {
    if (node.validity.badInput) return "Write a number.";
    if (!node.value) return place.input && !place.input.optional ? "Fill this in to go on." : null;
    if (node.validity.rangeUnderflow) return `Write ${one.min_value} or more.`;
    if (node.validity.rangeOverflow) return `Write ${one.max_value} or less.`;
    return node.validity.stepMismatch ? "Write a whole number." : null;
  });
  listen(one, place, change, node, () => ({ type: one.type, value: node.value || null }));
  return node;
}

export function richTextField(one, place, change) {
  const entry = begin(one, place, { rich_text_value: one.initial_value ?? plainAsRichText("") });
  const node = h("textarea.field", { id: place.id, rows: String(one.min_lines ?? 3), placeholder: hint(one), value: richTextAsPlain(entry.rich_text_value), ...named(one, place) });
  place.surface.form.enlist(place.block, one.action_id, () => (place.input && !place.input.optional && !node.value.trim() ? "Fill this in to go on." : null));
  listen(one, place, change, node, () => ({ type: one.type, rich_text_value: plainAsRichText(node.value) }), () => fit(node));
  requestAnimationFrame(() => fit(node));
  return node;
}

export function day(one, place, change) {
  return picker(one, place, change, { type: "date", field: "selected_date", initial: one.initial_date ?? null, usable: (text) => text >= "1000" });
}

export function time(one, place, change) {
  return picker(one, place, change, { type: "time", field: "selected_time", initial: one.initial_time ?? null });
}

export function dateTime(one, place, change) {
  return picker(one, place, change, {
    type: "datetime-local", field: "selected_date_time", initial: one.initial_date_time ?? null, usable: (text) => text >= "1000",
    read: secondsFromLocal, write: localFromSeconds,
  });
}

/** A date or time field; `read` and `write` turn its text into what Slack sends and back. */
function picker(one, place, change, { type, field, initial, usable = () => true, read = (text) => text, write = (value) => value }) {
  const entry = begin(one, place, { [field]: initial });
  const shown = (value) => (value == null ? "" : write(value));
  const node = h("input.field.picker-field", { id: place.id, type, value: shown(entry[field]), ...named(one, place) });
  place.surface.form.enlist(place.block, one.action_id, place.input && !place.input.optional && (() => (node.value ? null : "Choose one to go on.")));
  let sent = node.value;
  let timer;
  // A browser reports every digit of a year; only a finished date is sent.
  const finish = () => {
    clearTimeout(timer);
    if (node.value === sent || (node.value && !usable(node.value))) return;
    sent = node.value;
    change(one, place, node, { type: one.type, [field]: node.value ? read(node.value) : null }, (before) => {
      node.value = sent = shown(before[field]);
    });
  };
  node.addEventListener("change", () => {
    clearTimeout(timer);
    if (!place.dispatches) finish();
    else timer = setTimeout(finish, 900);
  });
  node.addEventListener("blur", finish);
  node.addEventListener("keydown", (event) => event.key === "Enter" && finish());
  return node;
}

/** A text area as tall as its text. */
export function fit(node) {
  node.style.height = "auto";
  node.style.height = `${node.scrollHeight + 2}px`;
}

/** Text elements are kept at each key and sent when Slack would: on Enter, or on each character if the app asked. */
function listen(one, place, change, node, entryOf, say = () => {}) {
  const triggers = one.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const silent = { ...place, dispatches: false };
  let timer;
  node.addEventListener("input", () => {
    say();
    change(one, silent, node, entryOf());
    if (!place.dispatches || !triggers.includes("on_character_entered")) return;
    clearTimeout(timer);
    timer = setTimeout(() => change(one, place, node, entryOf()), 300);
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !place.dispatches || !triggers.includes("on_enter_pressed")) return;
    if (node.tagName === "TEXTAREA" && event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    change(one, place, node, entryOf());
  });
}

function begin(one, place, initial) {
  return place.surface.form.entry(place.block, one.action_id, { type: one.type, ...initial });
}

function hint(one) {
  return one.placeholder ? flat(one.placeholder.text) : null;
}

function named(one, place) {
  return place.labels ?? { "aria-label": hint(one) ?? freshId("Field") };
}

/** Characters as people count them, not UTF-16 units. */
function length(text) {
  return [...text].length;
}
