// Slack's mrkdwn as DOM nodes: *bold*, _italic_, ~strike~, `code`, fenced
// code, > quotes, and the control sequences in angle brackets.
// https://docs.slack.dev/messaging/formatting-message-text

import { fragment, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { channelChip, groupChip, broadcastChip, personChip, safeLink, dateNode } from "./inline.js";

const STYLES = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;

/** Renders text written in mrkdwn. */
export function mrkdwn(text) {
  const parts = String(text ?? "").split("```");
  // An odd number of fences leaves the last one as it was typed.
  if (parts.length % 2 === 0) parts.push(`${parts.splice(-2, 1)[0]}\`\`\`${parts.pop()}`);
  const out = fragment();
  parts.forEach((part, index) => {
    if (index % 2 === 1) {
      out.append(h("pre.code-block", { tabindex: "0" }, codeText(part.replace(/^\n/, "").replace(/\n$/, ""))));
    } else {
      let prose = part;
      if (index > 0) prose = prose.replace(/^\n/, "");
      if (index < parts.length - 1) prose = prose.replace(/\n$/, "");
      if (prose) out.append(lines(prose));
    }
  });
  return out;
}

/** Renders a Slack text object: mrkdwn, or plain text with emoji names. */
export function textObject(object) {
  if (!object) return null;
  if (typeof object === "string") return plain(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text) : plain(object.text, object.emoji !== false);
}

/** Plain text: line breaks and emoji names, nothing else. */
export function plain(text, names = true) {
  const out = fragment();
  String(text ?? "").split("\n").forEach((line, index) => {
    if (index) out.append(h("br"));
    out.append(...(names ? emojiNodes(line) : [line]));
  });
  return out;
}

export function unescape(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

/** One line without nodes, for labels and announcements. */
export function flat(text) {
  const holder = h("div", null, mrkdwn(text));
  return holder.textContent;
}

/** The node of an emoji, with its name for those who cannot see it. */
export function emojiNode(name, characters) {
  return h("span.emoji", { role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, characters);
}

function emojiNodes(line) {
  const nodes = [];
  let rest = 0;
  for (const found of line.matchAll(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g)) {
    const characters = emoji(found[1]);
    if (!characters) continue;
    nodes.push(line.slice(rest, found.index), emojiNode(found[1], characters));
    rest = found.index + found[0].length;
  }
  nodes.push(line.slice(rest));
  return nodes;
}

function lines(prose) {
  const out = fragment();
  let run = [];
  let quoted = false;
  const flush = () => {
    if (!run.length) return;
    const body = fragment();
    run.forEach((line, index) => {
      if (index) body.append(h("br"));
      inline(line, body);
    });
    out.append(quoted ? h("blockquote", null, body) : body);
    run = [];
  };
  let allQuoted = false;
  for (const line of prose.split("\n")) {
    const long = !allQuoted && /^(?:&gt;|>){3}\s?/.exec(line);
    const short = /^(?:&gt;|>)\s?/.exec(line);
    const isQuote = allQuoted || Boolean(long) || Boolean(short);
    if (isQuote !== quoted) {
      flush();
      quoted = isQuote;
    }
    if (long) allQuoted = true;
    run.push(long ? line.slice(long[0].length) : short && !allQuoted ? line.slice(short[0].length) : line);
  }
  flush();
  return out;
}

/** One line: walks the characters and hands each construct to its reader. */
function inline(line, out) {
  let plainFrom = 0;
  let at = 0;
  const flush = (until) => {
    if (until > plainFrom) out.append(unescape(line.slice(plainFrom, until)));
  };
  while (at < line.length) {
    const found = construct(line, at);
    if (found) {
      flush(at);
      out.append(found.node);
      at = plainFrom = found.end;
    } else {
      at += 1;
    }
  }
  flush(line.length);
}

function construct(line, at) {
  const character = line[at];
  if (character === "<") {
    const end = line.indexOf(">", at);
    if (end < 0) return null;
    const node = control(line.slice(at + 1, end));
    return node && { node, end: end + 1 };
  }
  if (character === "`") {
    const end = line.indexOf("`", at + 1);
    if (end <= at + 1) return null;
    return { node: h("code", null, codeText(line.slice(at + 1, end))), end: end + 1 };
  }
  if (character in STYLES) {
    const end = closing(line, at);
    if (end < 0) return null;
    const node = h(STYLES[character]);
    inline(line.slice(at + 1, end), node);
    return { node, end: end + 1 };
  }
  if (character === ":") {
    const found = /^:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/.exec(line.slice(at, at + 80));
    const characters = found && emoji(found[1]);
    return characters ? { node: emojiNode(found[1], characters), end: at + found[0].length } : null;
  }
  if (character === "h" && !WORD.test(line[at - 1] ?? " ")) {
    const found = /^https?:\/\/[^\s<>|]+/.exec(line.slice(at));
    if (!found) return null;
    const address = found[0].replace(/[.,;:!?)'"*_~]+$/, "");
    return { node: safeLink(unescape(address), unescape(address)), end: at + address.length };
  }
  return null;
}

/** Where a style opened at `at` closes; -1 when it does not open there. */
function closing(line, at) {
  const mark = line[at];
  if (WORD.test(line[at - 1] ?? " ") || /\s/.test(line[at + 1] ?? " ") || line[at + 1] === mark) return -1;
  for (let end = at + 1; end < line.length; end += 1) {
    // What stands in code or in angle brackets cannot close a style.
    if (line[end] === "`" || line[end] === "<") {
      const over = line.indexOf(line[end] === "<" ? ">" : "`", end + 1);
      if (over > 0) end = over;
    } else if (line[end] === mark && end > at + 1 && !/\s/.test(line[end - 1]) && !WORD.test(line[end + 1] ?? " ")) {
      return end;
    }
  }
  return -1;
}

/** What stands between angle brackets; null when it is not for us. */
function control(body) {
  const [target, ...rest] = body.split("|");
  const label = rest.length ? rest.join("|") : null;
  if (target.startsWith("@")) return personChip(target.slice(1), label);
  if (target.startsWith("#")) return channelChip(target.slice(1), label);
  if (target.startsWith("!subteam^")) return groupChip(target.slice(9), label);
  if (target.startsWith("!date^")) {
    const [, seconds, template, link] = target.split("^");
    return dateNode(seconds, unescape(template ?? ""), link, label && unescape(label));
  }
  if (/^!(here|channel|everyone)$/.test(target)) return broadcastChip(target.slice(1));
  if (target.startsWith("!")) return document.createTextNode(unescape(label ?? target));
  if (!/^(https?:|mailto:|tel:)/i.test(target)) return null;
  const address = unescape(target);
  return safeLink(address, label ? h("span", null, plain(unescape(label))) : address.replace(/^(mailto:|tel:)/i, ""));
}

/** Code keeps its characters; a link in it shows its label. */
function codeText(code) {
  return unescape(code.replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (_, target, label) => label ?? target));
}
