// Things that open over the page beside what opened them: menus, lists of
// options, the emoji picker. They use the browser's top layer, so that no
// scrolling box cuts them off.

import { freshId, h, moveFocus } from "./dom.js";
import { COMMON, EMOJI } from "./emoji.js";
import { icon } from "./icons.js";

const GAP = 4;

/** A box in the top layer; it belongs to the dialog its anchor stands in, which else would make it inert. */
export function popupFor(anchor, node) {
  node.setAttribute("popover", "manual");
  const follow = () => place(anchor, node);
  return {
    node,
    get open() {
      return node.isConnected && node.matches(":popover-open");
    },
    show() {
      (anchor.closest("dialog") ?? document.body).append(node);
      if (!node.matches(":popover-open")) node.showPopover();
      follow();
      addEventListener("scroll", follow, { capture: true, passive: true });
      addEventListener("resize", follow);
    },
    hide() {
      removeEventListener("scroll", follow, { capture: true });
      removeEventListener("resize", follow);
      node.remove();
    },
    follow,
  };
}

function place(anchor, node) {
  const box = anchor.getBoundingClientRect();
  const room = { below: innerHeight - box.bottom - GAP - 8, above: box.top - GAP - 8 };
  node.style.maxHeight = "";
  const wanted = node.scrollHeight + 2;
  const up = room.below < Math.min(wanted, 240) && room.above > room.below;
  const height = Math.min(wanted, up ? room.above : room.below, 420);
  node.style.maxHeight = `${height}px`;
  if (node.dataset.match === "width") node.style.width = `${Math.max(box.width, 200)}px`;
  const width = node.offsetWidth;
  const start = node.dataset.align === "end" ? box.right - width : box.left;
  node.style.left = `${Math.max(8, Math.min(start, innerWidth - width - 8))}px`;
  node.style.top = `${up ? box.top - GAP - height : box.bottom + GAP}px`;
}

let openOne = null;

/** Closes whatever menu or picker is open. */
export function closePopup(refocus = false) {
  openOne?.(refocus);
}

/**
 * Opens a menu under a button. Items: `{ label, note?, icon?, node?, checked?,
 * danger?, href?, onpick }`, `{ heading }`, or "line".
 */
export function openMenu(anchor, items, { label, align = "start" } = {}) {
  if (toggledOff(anchor)) return;
  const menu = h("div.menu", { role: "menu", "aria-label": label, data: { align } }, items.map((item) => menuNode(item)));
  const nodes = [...menu.querySelectorAll("[role^=menuitem]")];
  openOver(anchor, menu, {
    focus: () => (menu.querySelector("[aria-checked=true]") ?? nodes[0])?.focus(),
    onkeydown: (event) => moveFocus(event, nodes) || typeAhead(event, nodes),
  });
}

function menuNode(item) {
  if (item === "line") return h("hr", { role: "separator" });
  if (item.heading) return h("p.menu-heading", { role: "presentation" }, item.heading);
  const pick = (event) => {
    // A held modifier means "in another tab", which is the browser's to do.
    if (item.href && (event.metaKey || event.ctrlKey || event.shiftKey)) return;
    event.preventDefault();
    closePopup(true);
    item.onpick(event);
  };
  const role = item.checked == null ? "menuitem" : "menuitemradio";
  return h(
    item.href ? "a.menu-item" : "button.menu-item",
    { type: item.href ? null : "button", href: item.href, role, tabindex: "-1", "aria-checked": item.checked == null ? null : String(item.checked), class: item.danger ? "danger" : "", data: item.data, onclick: pick },
    item.node ?? (item.icon && icon(item.icon, 18)),
    h("span.menu-text", null, h("span.menu-label", null, item.label), item.note && h("span.menu-note", null, item.note)),
    item.checked && icon("check", 18),
  );
}

function typeAhead(event, nodes) {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.key === " ") return;
  const from = nodes.indexOf(document.activeElement) + 1;
  const found = [...nodes.slice(from), ...nodes.slice(0, from)].find((node) => node.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
  found?.focus();
}

/** Opens the emoji picker; `onpick` gets the name. */
export function openPicker(anchor, onpick, { label = "Add a reaction" } = {}) {
  if (toggledOff(anchor)) return;
  const grid = h("div.picker-grid");
  const cell = (name) => h("button.picker-cell", { type: "button", title: `:${name}:`, "aria-label": name.replaceAll("_", " "), onclick: () => { closePopup(true); onpick(name); } }, EMOJI.get(name));
  const show = (needle) => {
    const all = [...EMOJI.keys()].filter((name, index, names) => names.findIndex((other) => EMOJI.get(other) === EMOJI.get(name)) === index);
    const names = needle ? [...EMOJI.keys()].filter((name) => name.includes(needle)) : [...COMMON, ...all.filter((name) => !COMMON.includes(name))];
    grid.replaceChildren(...(names.length ? names.slice(0, 160).map(cell) : [h("p.picker-none", null, "No emoji of that name")]));
  };
  const search = h("input.field", { type: "search", placeholder: "Find an emoji", "aria-label": "Find an emoji", oninput: () => show(search.value.trim().toLowerCase().replaceAll(" ", "_")) });
  const picker = h("div.picker", { role: "dialog", "aria-label": label, data: { align: "end" } }, search, grid);
  show("");
  openOver(anchor, picker, { focus: () => search.focus(), onkeydown: (event) => pickerKeys(event, search, grid) });
}

function pickerKeys(event, search, grid) {
  const cells = [...grid.querySelectorAll("button")];
  if (event.target === search) {
    if (event.key === "Enter") cells[0]?.click();
    else if (event.key === "ArrowDown") cells[0]?.focus();
    else return;
    event.preventDefault();
    return;
  }
  const columns = cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length;
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (!by) return;
  event.preventDefault();
  const next = cells.indexOf(document.activeElement) + by;
  if (next < 0) search.focus();
  else cells[Math.min(next, cells.length - 1)]?.focus();
}

/** A second press on the button that opened a popup closes it. */
function toggledOff(anchor) {
  const same = openOne?.anchor === anchor;
  closePopup(same);
  return same;
}

function openOver(anchor, node, { focus, onkeydown }) {
  const popup = popupFor(anchor, node);
  node.id ||= freshId("popup");
  const outside = (event) => {
    if (!node.contains(event.target) && !anchor.contains(event.target)) close(false);
  };
  const close = (refocus) => {
    document.removeEventListener("pointerdown", outside, true);
    anchor.setAttribute("aria-expanded", "false");
    popup.hide();
    openOne = null;
    if (refocus && anchor.isConnected) anchor.focus({ preventScroll: true });
  };
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close(true);
    } else if (event.key === "Tab") {
      close(true);
    } else {
      onkeydown(event);
    }
  });
  close.anchor = anchor;
  openOne = close;
  anchor.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  popup.show();
  focus();
}
