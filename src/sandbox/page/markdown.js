// The markdown block: ordinary Markdown (CommonMark's common part, tables,
// strike-through and task lists of GitHub's), as DOM nodes. Raw HTML in it
// stays text.

import { fragment, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { emojiNode, unescape } from "./mrkdwn.js";
import { broadcastChip, channelChip, groupChip, personChip, safeLink } from "./inline.js";

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])(\s+|$)(.*)$/;

export function markdown(text) {
  return h("div.markdown", null, blocks(String(text ?? "").replace(/\r\n?/g, "\n").split("\n")));
}

function blocks(lines) {
  const out = fragment();
  let at = 0;
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) out.append(h("p", null, inlines(paragraph.join("\n"))));
    paragraph = [];
  };
  while (at < lines.length) {
    const found = block(lines, at, paragraph.length > 0);
    if (found) {
      flush();
      if (found.node) out.append(found.node);
      at = found.next;
    } else {
      paragraph.push(lines[at].trim());
      at += 1;
    }
  }
  flush();
  return out;
}

/** The construct that starts at a line, with the line after it; null for a paragraph's line. */
function block(lines, at, inParagraph) {
  const line = lines[at];
  if (!line.trim()) return { node: null, next: at + 1 };
  const fence = /^\s*(```+|~~~+)/.exec(line);
  if (fence) return fenced(lines, at, fence[1]);
  const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
  if (heading) return { node: h(`h${Math.min(6, heading[1].length + 2)}.level-${heading[1].length}`, null, inlines(heading[2])), next: at + 1 };
  if (/^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/.test(line)) return { node: h("hr"), next: at + 1 };
  if (/^\s{0,3}>/.test(line)) return quote(lines, at);
  if (isTable(lines, at)) return table(lines, at);
  const item = ITEM.exec(line);
  // A number other than 1 does not interrupt a paragraph: "in\n2024. …" is prose.
  if (item && !(inParagraph && /^\d/.test(item[2]) && !/^1[.)]/.test(item[2]))) return list(lines, at);
  return null;
}

function fenced(lines, at, mark) {
  const body = [];
  let next = at + 1;
  while (next < lines.length && !lines[next].trim().startsWith(mark)) body.push(lines[next++]);
  return { node: h("pre.code-block", { tabindex: "0" }, h("code", null, body.join("\n"))), next: next + 1 };
}

function quote(lines, at) {
  const body = [];
  let next = at;
  while (next < lines.length && /^\s{0,3}>/.test(lines[next])) body.push(lines[next++].replace(/^\s{0,3}>\s?/, ""));
  return { node: h("blockquote", null, blocks(body)), next };
}

function list(lines, at) {
  const first = ITEM.exec(lines[at]);
  const ordered = /\d/.test(first[2]);
  const indent = first[1].length;
  const items = [];
  let next = at;
  while (next < lines.length) {
    const item = ITEM.exec(lines[next]);
    const depth = /^\s*/.exec(lines[next])[0].length;
    if (item && depth <= indent + 1 && depth >= indent) {
      if (/\d/.test(item[2]) !== ordered) break;
      items.push([item[4]]);
    } else if (!lines[next].trim()) {
      const after = lines[next + 1] ?? "";
      if (!(after.startsWith(" ".repeat(indent + 1)) || (ITEM.test(after) && /^\s*/.exec(after)[0].length >= indent))) break;
      items.at(-1).push("");
    } else if (depth > indent) {
      items.at(-1).push(lines[next].slice(Math.min(depth, indent + first[2].length + 1)));
    } else {
      break;
    }
    next += 1;
  }
  const start = ordered ? Number.parseInt(first[2], 10) : null;
  return { node: h(ordered ? "ol" : "ul", { start: start > 1 ? start : null }, items.map(listItem)), next };
}

function listItem(lines) {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(lines[0]);
  const body = fragment(inlines(task ? task[2] : lines[0]));
  if (lines.length > 1) body.append(blocks(lines.slice(1)));
  if (!task) return h("li", null, body);
  const box = h("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": task[1] === " " ? "not done" : "done" });
  return h("li.task", null, box, " ", body);
}

function isTable(lines, at) {
  const rule = lines[at + 1] ?? "";
  return lines[at].includes("|") && rule.includes("-") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(rule);
}

function table(lines, at) {
  const aligns = cells(lines[at + 1]).map((cell) => (/^:.*:$/.test(cell) ? "center" : cell.endsWith(":") ? "right" : "left"));
  const row = (line, tag) => h("tr", null, aligns.map((align, index) => h(`${tag}.align-${align}`, null, inlines(cells(line)[index] ?? ""))));
  let next = at + 2;
  const body = [];
  while (next < lines.length && lines[next].includes("|")) body.push(row(lines[next++], "td"));
  const node = h("table", null, h("thead", null, row(lines[at], "th")), h("tbody", null, body));
  return { node: h("div.scroll-x", { tabindex: "0", role: "group", "aria-label": "Table" }, node), next };
}

function cells(line) {
  return line.trim().replace(/^\|/, "").replace(/\|$/, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The constructs inside a line, each with the reader of its match; the first that fits wins. */
const INLINE = [
  [/\\([\\`*_{}[\]()#+\-.!|~<>])/y, ([, character]) => character],
  [/(`+)(?!`)([\s\S]*?[^`])\1(?!`)/y, ([, , code]) => h("code", null, code.replace(/^ (.*) $/s, "$1"))],
  [/!\[([^\]]*)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/y, ([, alt, address]) => safeLink(address, alt || address)],
  [/\[((?:[^\[\]]|\[[^\]]*\])+)\]\(\s*<?((?:[^\s()<>]|\([^\s()]*\))+)>?(?:\s+"[^"]*")?\s*\)/y, ([, label, address]) => safeLink(address, inlines(label))],
  [/<@([UWB][A-Z0-9]+)(?:\|([^>]*))?>/y, ([, id, label]) => personChip(id, label)],
  [/<#(C[A-Z0-9]+)(?:\|([^>]*))?>/y, ([, id, label]) => channelChip(id, label)],
  [/<!subteam\^([A-Z0-9]+)(?:\|([^>]*))?>/y, ([, id, label]) => groupChip(id, label)],
  [/<!(here|channel|everyone)(?:\|[^>]*)?>/y, ([, range]) => broadcastChip(range)],
  [/<((?:https?:\/\/|mailto:)[^\s<>|]+)(?:\|([^>]*))?>/y, ([, address, label]) => safeLink(address, label || address.replace(/^mailto:/, ""))],
  [/(\*\*|__)(?=\S)([\s\S]*?\S)\1(?!\w)/y, ([, , text]) => h("strong", null, inlines(text))],
  [/~~(?=\S)([\s\S]*?\S)~~/y, ([, text]) => h("s", null, inlines(text))],
  [/\*(?=[^\s*])([\s\S]*?[^\s*])\*(?!\*)/y, ([, text]) => h("em", null, inlines(text))],
  [/(?<!\w)_(?=[^\s_])([\s\S]*?[^\s_])_(?!\w)/y, ([, text]) => h("em", null, inlines(text))],
  [/(?<!\w)https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"*_~]/y, ([address]) => safeLink(address, address)],
  [/:([a-z0-9_+'-]+):/y, ([, name]) => emoji(name) && emojiNode(name, emoji(name))],
  [/ {2,}\n|\\\n|\n/y, () => h("br")],
];

function inlines(text) {
  const out = fragment();
  let at = 0;
  let rest = 0;
  while (at < text.length) {
    const found = match(text, at);
    if (!found) {
      at += 1;
      continue;
    }
    if (at > rest) out.append(unescape(text.slice(rest, at)));
    out.append(found.node);
    at = rest = found.end;
  }
  if (rest < text.length) out.append(unescape(text.slice(rest)));
  return out;
}

function match(text, at) {
  if (!/[\\`!\[<*_~h: \n]/.test(text[at])) return null;
  for (const [pattern, build] of INLINE) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    // A reader that builds nested text moves the shared pattern, so the end is taken first.
    const end = found && pattern.lastIndex;
    const node = found && build(found);
    if (node) return { node, end };
  }
  return null;
}
