// The interactive elements of Block Kit. Each keeps its entry in the form of
// its surface and, where Slack would, sends it to the app.
// https://docs.slack.dev/reference/block-kit/block-elements

import { fragment, freshId, h } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { Combobox } from "./combobox.js";
import { icon } from "./icons.js";
import { avatar, isSafe, safeLink } from "./inline.js";
import { flat, textObject } from "./mrkdwn.js";
import { openMenu } from "./popup.js";
import { channelName, initialsOf, store } from "./store.js";
import { dateTime, numberField, richTextField, textField, day, time } from "./fields.js";

/**
 * Renders an element. `place`: `{ surface, block, dispatches, input, id, labels }`,
 * where `input` is the input block around it, if any, and `labels` the ARIA
 * attributes that name it.
 */
export function element(one, place) {
  const draw = ELEMENTS[one.type];
  if (!draw) return h("span.cannot", null, `Cannot show an element of type ${one.type}.`);
  const node = draw(one, place);
  node.dataset.control = `${place.block}/${one.action_id}`;
  if (one.action_id) node.dataset.action = one.action_id;
  return node;
}

const ELEMENTS = {
  button,
  workflow_button: (one) => h("button.button", { type: "button", disabled: true, title: "Workflows do not run in a local workspace" }, textObject(one.text)),
  icon_button: iconButton,
  feedback_buttons: feedbackButtons,
  overflow,
  image: (one) => h("img.accessory-image", { src: one.image_url, alt: one.alt_text ?? "", loading: "lazy" }),
  static_select: (one, place) => select(one, place, staticGroups(one), { field: "selected_option", initial: one.initial_option ?? null }),
  multi_static_select: (one, place) => select(one, place, staticGroups(one), { field: "selected_options", initial: one.initial_options ?? [], multiple: true }),
  users_select: (one, place) => select(one, place, people(), { field: "selected_user", initial: one.initial_user ?? null }),
  multi_users_select: (one, place) => select(one, place, people(), { field: "selected_users", initial: one.initial_users ?? [], multiple: true }),
  conversations_select: (one, place) => select(one, place, conversations(one.filter), { field: "selected_conversation", initial: conversation(one, place) }),
  multi_conversations_select: (one, place) => select(one, place, conversations(one.filter), { field: "selected_conversations", initial: one.initial_conversations ?? [], multiple: true }),
  channels_select: (one, place) => select(one, place, publicChannels(), { field: "selected_channel", initial: one.initial_channel ?? null }),
  multi_channels_select: (one, place) => select(one, place, publicChannels(), { field: "selected_channels", initial: one.initial_channels ?? [], multiple: true }),
  external_select: () => h("p.cannot", null, "Cannot show a list whose options come from the app while typing (external_select)."),
  multi_external_select: () => h("p.cannot", null, "Cannot show a list whose options come from the app while typing (multi_external_select)."),
  checkboxes: (one, place) => choices(one, place, "checkbox"),
  radio_buttons: (one, place) => choices(one, place, "radio"),
  datepicker: (one, place) => day(one, place, change),
  timepicker: (one, place) => time(one, place, change),
  datetimepicker: (one, place) => dateTime(one, place, change),
  plain_text_input: (one, place) => textField(one, place, change, "text"),
  email_text_input: (one, place) => textField(one, place, change, "email"),
  url_text_input: (one, place) => textField(one, place, change, "url"),
  number_input: (one, place) => numberField(one, place, change),
  rich_text_input: (one, place) => richTextField(one, place, change),
  file_input: () => h("p.cannot", null, "Files cannot be chosen in a local workspace (file_input)."),
};

/**
 * Keeps a new entry and sends it if this place sends; when the person does not
 * confirm, the old entry comes back through `revert`.
 */
async function change(one, place, node, entry, revert) {
  const { surface, block } = place;
  const before = surface.form.entry(block, one.action_id, entry);
  surface.form.set(block, one.action_id, entry);
  surface.touched?.(block);
  if (!place.dispatches) return;
  if (one.confirm && !(await confirmed(one.confirm))) {
    surface.form.set(block, one.action_id, before);
    revert?.(before);
    return;
  }
  await surface.send({ ...entry, action_id: one.action_id, block_id: block }, node);
}

function button(one, place) {
  const press = async () => {
    if (one.confirm && !(await confirmed(one.confirm))) return;
    const action = { type: "button", action_id: one.action_id, block_id: place.block, text: one.text, value: one.value, style: one.style };
    await place.surface.send(action, node);
  };
  const label = { "aria-label": one.accessibility_label };
  const style = one.style ? `.${one.style}` : "";
  const node = one.url
    ? safeLink(one.url, fragment(textObject(one.text), h("span.hidden-text", null, " (opens a new tab)")), { ...label, onclick: press })
    : h(`button.button${style}`, { type: "button", ...label, onclick: press }, textObject(one.text));
  if (one.url) node.classList.add("button", "is-link", ...(one.style ? [one.style] : []));
  return node;
}

function iconButton(one, place) {
  if (one.visible_to_user_ids?.length && !one.visible_to_user_ids.includes(store.me)) return h("span", { hidden: true });
  const press = async () => {
    if (one.confirm && !(await confirmed(one.confirm))) return;
    await place.surface.send({ type: "icon_button", action_id: one.action_id, block_id: place.block, value: one.value, text: one.text }, node);
  };
  const label = one.accessibility_label ?? flat(one.text?.text);
  const node = h("button.icon-button", { type: "button", "aria-label": label, title: flat(one.text?.text), onclick: press }, icon(one.icon ?? "info", 18));
  return node;
}

function feedbackButtons(one, place) {
  const one_of = (choice, name) => {
    const node = h("button.icon-button", {
      type: "button", title: flat(choice.text?.text), "aria-label": choice.accessibility_label ?? flat(choice.text?.text), "aria-pressed": "false",
      onclick: async () => {
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === node));
        await place.surface.send({ type: "feedback_buttons", action_id: one.action_id, block_id: place.block, value: choice.value, text: choice.text }, node);
      },
    }, icon(name, 18));
    return node;
  };
  const group = h("span.feedback", { role: "group", "aria-label": "Feedback" }, one_of(one.positive_button, "thumbsUp"), one_of(one.negative_button, "thumbsDown"));
  return group;
}

function overflow(one, place) {
  const pick = async (option) => {
    if (option.url && isSafe(option.url)) open(option.url, "_blank", "noopener,noreferrer");
    if (one.confirm && !(await confirmed(one.confirm))) return;
    await place.surface.send({ type: "overflow", action_id: one.action_id, block_id: place.block, selected_option: option }, node);
  };
  const node = h("button.button.overflow", {
    type: "button", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: () => openMenu(node, one.options.map((option) => ({ label: flat(option.text.text), note: option.description && flat(option.description.text), onpick: () => pick(option) })), { label: "More actions", align: "end" }),
  }, icon("more", 18));
  return node;
}

/** Any select: `field` names what it sends, `initial` what it starts with. */
function select(one, place, groups, { field, initial, multiple = false }) {
  const { surface, block } = place;
  const entry = surface.form.entry(block, one.action_id, { type: one.type, [field]: initial });
  const options = groups.flatMap((group) => group.options);
  const keyOf = (value) => options.find((option) => option.key === (value?.value ?? value))?.key;
  const valueOf = (key) => options.find((option) => option.key === key)?.value ?? null;
  surface.form.enlist(block, one.action_id, place.input && !place.input.optional && (() => {
    const now = surface.form.entry(block, one.action_id)[field];
    return (multiple ? now.length : now) ? null : "Choose one to go on.";
  }));
  const build = (current) => new Combobox({
    id: place.id, groups, multiple, max: one.max_selected_items, labels: place.labels ?? { "aria-label": flat(one.placeholder?.text ?? "Choose") },
    placeholder: flat(one.placeholder?.text ?? (multiple ? "Choose any" : "Choose one")),
    chosen: (multiple ? current[field] : [current[field]]).map(keyOf).filter(Boolean),
    clearable: Boolean(place.input?.optional),
    onchange: (keys) => change(one, place, node, { type: one.type, [field]: multiple ? keys.map(valueOf) : valueOf(keys[0]) },
      (before) => node.replaceChildren(build(before))),
  }).node;
  const node = h("div.select", null);
  node.append(build(entry));
  return node;
}

function staticGroups(one) {
  const option = (raw) => ({ key: raw.value, value: raw, text: flat(raw.text.text), content: () => textObject(raw.text), note: raw.description && flat(raw.description.text) });
  if (one.option_groups) return one.option_groups.map((group) => ({ label: flat(group.label.text), options: group.options.map(option) }));
  return [{ options: (one.options ?? []).map(option) }];
}

function people() {
  const options = store.state.people.map((one) => ({
    key: one.id, value: one.id, text: one.real_name, note: `@${one.handle}${one.is_guest ? " · guest" : ""}${one.is_bot ? " · app" : ""}`,
    node: avatar({ ...one, name: one.real_name, initials: one.initials ?? initialsOf(one.real_name) }, "tiny"),
  }));
  return [{ options }];
}

function channelOption(one) {
  return { key: one.id, value: one.id, text: channelName(one.id), note: one.topic || null };
}

function publicChannels() {
  return [{ options: store.state.channels.filter((one) => !one.is_im && !one.is_private).map(channelOption) }];
}

function conversations(filter) {
  const kind = (one) => (one.is_im ? "im" : one.is_private ? "private" : "public");
  const wanted = (one) => (!filter?.include || filter.include.includes(kind(one))) && !(filter?.exclude_bot_users && one.user === store.state.app.user);
  return [{ options: store.state.channels.filter(wanted).map(channelOption) }];
}

function conversation(one, place) {
  return one.initial_conversation ?? (one.default_to_current_conversation ? place.surface.channel ?? null : null);
}

/** Checkboxes and radio buttons. */
function choices(one, place, type) {
  const { surface, block } = place;
  const many = type === "checkbox";
  const field = many ? "selected_options" : "selected_option";
  const initial = many ? one.initial_options ?? [] : one.initial_option ?? null;
  const entry = surface.form.entry(block, one.action_id, { type: one.type, [field]: initial });
  surface.form.enlist(block, one.action_id, place.input && !place.input.optional && (() => {
    const now = surface.form.entry(block, one.action_id)[field];
    return (many ? now.length : now) ? null : many ? "Tick at least one to go on." : "Choose one to go on.";
  }));
  const name = freshId("choice");
  const inputs = [];
  const chosen = () => one.options.filter((_, index) => inputs[index].checked);
  const tick = (current) => one.options.forEach((option, index) => {
    inputs[index].checked = many ? current[field].some((other) => other.value === option.value) : current[field]?.value === option.value;
  });
  const node = h("div.choices", { role: many ? "group" : "radiogroup", ...(place.labels ?? { "aria-label": "Choices" }) }, one.options.map((option) => {
    const input = h("input", { type, name, onchange: () => change(one, place, node, { type: one.type, [field]: many ? chosen() : chosen()[0] ?? null }, tick) });
    inputs.push(input);
    return h("label.choice", null, input, h("span.choice-text", null, textObject(option.text), option.description && h("span.choice-note", null, textObject(option.description))));
  }));
  tick(entry);
  return node;
}
