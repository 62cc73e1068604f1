// The small things that stand inside a line of text, whoever writes the line:
// mentions, links, dates.

import { h } from "./dom.js";
import { channel, group, person, store } from "./store.js";
import { exact, fillTokens } from "./time.js";

/** A link that leaves the page; anything but http, https, mailto and tel stays text. */
export function safeLink(address, content, properties = {}) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // Not an address: shown as it is.
  }
  const here = url?.origin === location.origin && /^\/archives\/(\w+)\/p(\d{7,})$/.exec(url.pathname);
  if (here) return h("a", { href: `#${here[1]}/${here[2]}` }, content ?? address);
  if (!url || !["http:", "https:", "mailto:", "tel:"].includes(url.protocol)) return h("span", null, content ?? address);
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow", ...properties }, content ?? address);
}

/** Whether an address may be opened. */
export function isSafe(address) {
  return /^https?:\/\//i.test(address);
}

export function personChip(id, label) {
  const found = person(id);
  const name = found?.real_name ?? label ?? (id === store.state?.app.user ? store.state.app.name : id);
  const mine = id === store.me;
  return h(mine ? "span.mention.mine" : "span.mention", { title: found ? `@${found.handle}` : id }, `@${name.replace(/^@/, "")}`);
}

export function groupChip(id, label) {
  const found = group(id);
  const mine = found?.users?.includes(store.me);
  const name = (found?.handle ?? label ?? id).replace(/^@/, "");
  return h(mine ? "span.mention.mine" : "span.mention", { title: found?.name ?? id }, `@${name}`);
}

export function broadcastChip(range) {
  return h("span.mention.mine", { title: `Everyone (${range})` }, `@${range}`);
}

export function channelChip(id, label) {
  const found = channel(id);
  const name = found?.name ?? label ?? id;
  if (!found) return h("span.mention", { title: id }, `#${name}`);
  return h("a.mention", { href: `#${found.is_im ? found.id : found.name}` }, `#${name}`);
}

/** A date token; the fallback when the browser cannot make sense of it. */
export function dateNode(seconds, template, link, fallback) {
  const text = fillTokens(template, seconds) ?? fallback ?? template;
  const date = new Date(Number(seconds) * 1000);
  const valid = !Number.isNaN(date.getTime());
  const node = h("time.date", valid ? { datetime: date.toISOString(), title: exact(date) } : {}, text);
  return link ? safeLink(link, node) : node;
}

export function avatar(who, size = "") {
  return h(
    `span.avatar${size ? `.${size}` : ""}${who.isApp ? ".is-app" : ""}`,
    { "aria-hidden": "true", vars: { "--avatar": colourOf(who) } },
    who.initials,
  );
}

/** A colour for those who have none: the same name has the same one. */
function colourOf(who) {
  if (who.id && who.id === store.state?.app.user) return "#0a6a66";
  if (/^#?[0-9a-f]{6}$/i.test(who.color ?? "")) return who.color.startsWith("#") ? who.color : `#${who.color}`;
  let sum = 0;
  for (const character of who.id ?? who.name ?? "") sum = (sum * 31 + character.codePointAt(0)) % 360;
  return `hsl(${sum} 45% 38%)`;
}
