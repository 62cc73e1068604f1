// What hangs below a message: attachments with their colour bar, and files.

import { blocks } from "./blocks.js";
import { fragment, h } from "./dom.js";
import { icon } from "./icons.js";
import { safeLink } from "./inline.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { instant, moment } from "./time.js";

const COLOURS = { good: "#1b7f4b", warning: "#b7791f", danger: "#b42318" };

export function attachments(list, surface) {
  return (list ?? []).map((one) => {
    const colour = COLOURS[one.color] ?? (/^#?[0-9a-f]{3,6}$/i.test(one.color ?? "") ? `#${one.color.replace("#", "")}` : null);
    return h("div.attachment-holder", null,
      one.pretext && h("div.text", null, mrkdwn(one.pretext)),
      h("div.attachment", { vars: colour ? { "--bar": colour } : {} }, one.blocks?.length ? blocks(one.blocks, surface) : classic(one)));
  });
}

/** An attachment without blocks. */
function classic(one) {
  const author = one.author_name && fragment(one.author_icon && h("img.context-image", { src: one.author_icon, alt: "" }), one.author_link ? safeLink(one.author_link, one.author_name) : one.author_name);
  const shown = [
    author && h("p.attachment-author", null, author),
    one.title && h("p.attachment-title", null, one.title_link ? safeLink(one.title_link, plain(one.title)) : plain(one.title)),
    one.text && h("div.text", null, mrkdwn(one.text)),
    one.fields?.length && h("div.attachment-fields", null, one.fields.map((field) => h(field.short ? "div.short" : "div", null, h("p.field-title", null, plain(field.title)), h("div.text", null, mrkdwn(field.value))))),
    one.image_url && h("img.attachment-image", { src: one.image_url, alt: one.fallback ?? "", loading: "lazy" }),
    one.thumb_url && h("img.attachment-thumb", { src: one.thumb_url, alt: "" }),
    one.actions?.length && h("p.cannot", null, "Cannot show the buttons of a legacy attachment."),
    (one.footer || one.ts) && h("p.attachment-footer", null, [one.footer, one.ts && moment(instant(String(one.ts)))].filter(Boolean).join(" · ")),
  ].filter(Boolean);
  return shown.length ? shown : h("div.text", null, plain(one.fallback ?? ""));
}

export function files(list) {
  return (list ?? []).map((file) => {
    const name = file.title || file.name;
    if (file.mimetype?.startsWith("image/")) {
      const image = h("img", { src: file.url_private, alt: file.alt_txt ?? name, loading: "lazy" });
      return h("figure.file-image", null, h("figcaption.image-title", null, name), h("a", { href: file.url_private, target: "_blank", rel: "noopener" }, image));
    }
    return h("a.file-card", { href: file.url_private, target: "_blank", rel: "noopener", download: file.name }, icon("file"), h("span.file-name", null, name, h("span.file-note", null, file.mimetype ?? "File")));
  });
}
