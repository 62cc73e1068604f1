// The blocks of Block Kit as DOM nodes.
// https://docs.slack.dev/reference/block-kit/blocks

import { freshId, h } from "./dom.js";
import { chart } from "./charts.js";
import { element } from "./elements.js";
import { icon } from "./icons.js";
import { safeLink } from "./inline.js";
import { markdown } from "./markdown.js";
import { flat, plain, textObject } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { dataTable, table } from "./tables.js";

/**
 * Renders blocks for a surface: `{ kind, form, channel?, send(action, node),
 * touched?(block) }`. The caller begins the form.
 */
export function blocks(list, surface) {
  return (list ?? []).map((one, index) => {
    const id = one.block_id ?? `block-${index}`;
    const node = (BLOCKS[one.type] ?? unknown)(one, { surface, block: id });
    node.classList.add("block");
    node.dataset.block = id;
    return node;
  });
}

const BLOCKS = {
  header: (one) => h(`h${(one.level ?? 1) + 2}.block-header.level-${one.level ?? 1}`, null, textObject(one.text)),
  divider: () => h("hr.block-divider"),
  section,
  context,
  actions: (one, place) => h("div.block-actions", null, elements(one, place)),
  context_actions: (one, place) => h("div.block-context-actions", null, elements(one, place)),
  image: (one) => picture(one),
  input,
  rich_text: (one) => h("div.block-rich-text", null, richText(one)),
  markdown: (one) => h("div.block-markdown", null, markdown(one.text)),
  table: (one) => h("div.block-tables", null, table(one)),
  data_table: (one) => h("div.block-tables", null, dataTable(one)),
  data_visualization: (one) => h("div.block-chart", null, chart(one)),
  video,
  file: (one) => h("div.block-file.file-card", null, icon("file"), h("span.file-name", null, `Remote file ${one.external_id}`, h("span.file-note", null, one.source ?? ""))),
  alert,
  card,
  carousel: (one, place) => h("div.block-carousel", { tabindex: "0", role: "group", "aria-label": "Cards" }, blocks(one.elements, place.surface)),
  container,
  plan,
  task_card: taskCard,
};

function unknown(one) {
  return h("p.cannot", null, `Cannot show a block of type ${one.type}.`);
}

function elements(one, place) {
  return (one.elements ?? []).map((child) => element(child, { ...place, dispatches: true }));
}

function section(one, place) {
  const text = h("div.section-text", null,
    one.text && h("div.text", null, textObject(one.text)),
    one.fields?.length && h("div.section-fields", null, one.fields.map((field) => h("div.text", null, textObject(field)))));
  const side = one.accessory && h("div.section-accessory", { data: { of: one.accessory.type } }, element(one.accessory, { ...place, dispatches: true }));
  return h("div.block-section", null, text, side);
}

function context(one) {
  return h("div.block-context", null, (one.elements ?? []).map((child) =>
    child.type === "image"
      ? h("img.context-image", { src: child.image_url, alt: child.alt_text ?? "", title: child.alt_text })
      : h("span.context-text", null, textObject(child))));
}

function picture(one) {
  const title = one.title && h("figcaption.image-title", null, textObject(one.title));
  const gone = (why) => h("p.image-gone", null, icon("warning", 18), h("span", null, why, one.alt_text && h("span.image-alt", null, one.alt_text)));
  const address = one.image_url ?? one.slack_file?.url;
  if (!address) return h("figure.block-image", null, title, gone(`File ${one.slack_file?.id ?? ""} is not in this workspace.`));
  const image = h("img", { src: address, alt: one.alt_text ?? "", loading: "lazy", onerror: () => link.replaceWith(gone("This image could not be loaded.")) });
  const link = safeLink(new URL(address, location.href).href, image);
  return h("figure.block-image", null, title, link);
}

/** An input block: label, element, hint, and the place for its error. */
function input(one, place) {
  const [id, label, hint, error] = ["input", "label", "hint", "error"].map(freshId);
  // A group of boxes has no such attribute; its label says "(optional)" where it is.
  const isRequired = !one.optional && one.element?.type !== "checkboxes";
  const labels = { "aria-labelledby": label, "aria-describedby": `${hint} ${error}`, "aria-required": isRequired ? "true" : null };
  const node = element(one.element, { ...place, input: one, dispatches: Boolean(one.dispatch_action), id, labels });
  const typed = !["checkboxes", "radio_buttons"].includes(one.element.type);
  return h("div.block-input", { data: { label: flat(one.label?.text) } },
    h("label.input-label", { id: label, for: typed ? id : null }, textObject(one.label), one.optional && h("span.input-optional", null, " (optional)")),
    node,
    h("p.input-hint", { id: hint, hidden: !one.hint }, textObject(one.hint)),
    h("p.input-error", { id: error, hidden: true }));
}

function video(one) {
  const about = [one.author_name, one.provider_name].filter(Boolean).join(" · ");
  return h("div.block-video", null,
    h("p.video-title", null, one.title_url ? safeLink(one.title_url, textObject(one.title)) : textObject(one.title)),
    about && h("p.video-note", null, about),
    one.description && h("p.video-note", null, textObject(one.description)),
    safeLink(one.title_url ?? one.video_url, h("span.video-frame", null, h("img", { src: one.thumbnail_url, alt: one.alt_text ?? "" }), h("span.video-play", { "aria-hidden": "true" }, icon("play", 26)))));
}

function alert(one) {
  const level = ["info", "warning", "error", "success"].includes(one.level) ? one.level : "default";
  const name = { warning: "warning", error: "warning", success: "check" }[level] ?? "info";
  return h(`div.block-alert.${level}`, { role: "note" }, icon(name, 18), h("div", null, textObject(one.text)));
}

function card(one, place) {
  return h("article.block-card", null,
    one.hero_image && h("img.card-hero", { src: one.hero_image.image_url, alt: one.hero_image.alt_text ?? "" }),
    h("div.card-head", null,
      one.icon && h("img.card-icon", { src: one.icon.image_url, alt: one.icon.alt_text ?? "" }),
      h("div", null, one.title && h("p.card-title", null, textObject(one.title)), one.subtitle && h("p.card-subtitle", null, textObject(one.subtitle)))),
    one.body && h("div.text", null, textObject(one.body)),
    one.actions?.length && h("div.block-actions", null, one.actions.map((child) => element(child, { ...place, dispatches: true }))));
}

function container(one, place) {
  const title = one.rich_text_title ? richText(one.rich_text_title) : textObject(one.title) ?? "";
  const head = [one.icon && h("img.card-icon", { src: one.icon.image_url, alt: one.icon.alt_text ?? "" }),
    h("span", null, h("span.card-title", null, title), one.subtitle && h("span.card-subtitle", null, textObject(one.subtitle)))];
  const body = h("div.container-body", null, blocks(one.child_blocks, place.surface));
  if (!one.is_collapsible) return h("section.block-container", null, h("div.card-head", null, head), body);
  return h("details.block-container", { open: !one.default_collapsed }, h("summary.card-head", null, head), body);
}

function plan(one, place) {
  return h("section.block-plan", null, h("p.card-title", null, plain(one.title)), h("div.plan-tasks", null, blocks(one.tasks ?? [], place.surface)));
}

const TASK_WORDS = { pending: "waiting", in_progress: "under way", complete: "done", error: "failed" };

function taskCard(one) {
  const name = { complete: "check", error: "warning" }[one.status];
  return h(`div.block-task.${one.status}`, null,
    h("span.task-mark", { role: "img", "aria-label": TASK_WORDS[one.status] ?? one.status }, name && icon(name, 14)),
    h("div", null, h("p.task-title", null, plain(one.title)),
      one.details && h("div.task-detail", null, richText(one.details)),
      one.output && h("div.task-detail", null, richText(one.output)),
      one.sources?.length && h("p.task-detail", null, one.sources.map((source, index) => [index ? " · " : null, safeLink(source.url, source.text)]))));
}
