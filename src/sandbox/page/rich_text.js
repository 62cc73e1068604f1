// The rich_text block: sections, lists, quotes and preformatted text.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { fragment, h } from "./dom.js";
import { emoji, fromCodePoints } from "./emoji.js";
import { emojiNode } from "./mrkdwn.js";
import { broadcastChip, channelChip, dateNode, groupChip, personChip, safeLink } from "./inline.js";

export function richText(block) {
  return h("div.rich-text", null, (block.elements ?? []).map(element));
}

/** Rich text without styles, to start a text area with. */
export function richTextAsPlain(block) {
  const run = (part) => part.text ?? part.url ?? (part.type === "user" ? `<@${part.user_id}>` : part.name ? `:${part.name}:` : "");
  const part = (one) =>
    one.type === "rich_text_list"
      ? one.elements.map((item) => `• ${item.elements.map(run).join("")}`).join("\n")
      : (one.elements ?? []).map(run).join("");
  return (block?.elements ?? []).map(part).join("\n").replace(/\n{2,}/g, "\n");
}

/** What a text area holds as the rich text Slack would send. */
export function plainAsRichText(text) {
  return {
    type: "rich_text",
    elements: [{ type: "rich_text_section", elements: text ? [{ type: "text", text }] : [] }],
  };
}

function element(one) {
  const bordered = one.border ? ".bordered" : "";
  switch (one.type) {
    case "rich_text_section":
      return h("div.rich-section", null, runs(one.elements));
    case "rich_text_quote":
      return h(`blockquote${bordered}`, null, runs(one.elements));
    case "rich_text_preformatted":
      return h(`pre.code-block${bordered}`, { tabindex: "0" }, runs(one.elements));
    case "rich_text_list":
      return list(one, bordered);
    default:
      return h("p.cannot", null, `Cannot show rich text of type ${one.type}.`);
  }
}

function list(one, bordered) {
  const indent = Math.min(8, one.indent ?? 0);
  const tag = one.style === "ordered" ? "ol" : "ul";
  return h(
    `${tag}.rich-list.indent-${indent}.marker-${indent % 3}${bordered}`,
    { start: one.offset ? one.offset + 1 : null },
    (one.elements ?? []).map((item) => h("li", null, runs(item.elements))),
  );
}

function runs(elements) {
  return fragment((elements ?? []).map((one) => styled(run(one), one.style)));
}

function run(one) {
  switch (one.type) {
    case "text":
      return withBreaks(one.text);
    case "link":
      return safeLink(one.url, one.text || one.url);
    case "user":
      return personChip(one.user_id);
    case "usergroup":
      return groupChip(one.usergroup_id);
    case "channel":
      return channelChip(one.channel_id);
    case "broadcast":
      return broadcastChip(one.range);
    case "team":
      return h("span.mention", null, one.team_id);
    case "emoji": {
      const characters = (one.unicode && fromCodePoints(one.unicode)) ?? emoji(one.name);
      return characters ? emojiNode(one.name, characters) : `:${one.name}:`;
    }
    case "date":
      return dateNode(one.timestamp, one.format, one.url, one.fallback);
    case "color":
      return h("span.colour", null, h("span.swatch", { vars: { "--swatch": one.value }, "aria-hidden": "true" }), one.value);
    default:
      return h("span.cannot", null, `[${one.type}]`);
  }
}

function withBreaks(text) {
  return fragment(String(text ?? "").split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line])));
}

function styled(node, style) {
  if (!style) return node;
  const tags = { code: "code", bold: "strong", italic: "em", strike: "s", underline: "u" };
  return Object.entries(tags).reduce((inner, [name, tag]) => (style[name] ? h(tag, null, inner) : inner), node);
}
