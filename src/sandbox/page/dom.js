// Building and moving DOM nodes. Text from messages only ever becomes text
// nodes and attribute values; nothing in this page assigns markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Builds an element: `h("button.primary", { type: "button", onclick }, "Send")`.
 * `on…` are listeners, `vars` CSS variables, `data` data attributes; null and
 * false leave an attribute out.
 */
export function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.classList.add(...classes);
  apply(node, props ?? {});
  append(node, children);
  return node;
}

/** Builds an SVG element; attributes only. */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value != null) node.setAttribute(name, value);
  }
  append(node, children);
  return node;
}

export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child == null || child === false || child === "") continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export function fragment(...children) {
  return append(document.createDocumentFragment(), children);
}

export function byId(id) {
  return document.getElementById(id);
}

let counter = 0;

/** An id no other node on the page has. */
export function freshId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Says something to screen readers without showing it. */
export function announce(sentence) {
  byId("announcer").textContent = sentence;
}

/** Puts children into a parent in order, moving only those out of place, so that focus and scroll stay. */
export function arrange(parent, nodes) {
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

/** Replaces what a node shows and keeps the focus on the same control, where there still is one. */
export function keepingFocus(holder, change) {
  const focused = holder.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest("[data-control]")?.dataset.control;
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  change();
  if (!key || holder.contains(document.activeElement)) return;
  const control = holder.querySelector(`[data-control="${CSS.escape(key)}"]`);
  const target = control?.matches("button, a, input, textarea") ? control : control?.querySelector("input, textarea, button, a");
  if (!target) return;
  target.focus({ preventScroll: true });
  if (selection?.[0] != null && target.setSelectionRange) {
    try {
      target.setSelectionRange(...selection);
    } catch {
      // Number and date fields have no text selection.
    }
  }
}

/** Moves the focus along a list of nodes with the arrow keys, Home and End. */
export function moveFocus(event, nodes, { wrap = true, horizontal = false } = {}) {
  const steps = { ArrowDown: 1, ArrowUp: -1, ...(horizontal && { ArrowRight: 1, ArrowLeft: -1 }) };
  const at = nodes.indexOf(document.activeElement);
  let next;
  if (event.key in steps) next = at + steps[event.key];
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = nodes.length - 1;
  else return false;
  if (wrap) next = (next + nodes.length) % nodes.length;
  next = Math.max(0, Math.min(nodes.length - 1, next));
  event.preventDefault();
  nodes[next]?.focus();
  return true;
}

function apply(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.classList.add(...value.split(" ").filter(Boolean));
    else if (name === "vars") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else if (name === "data") for (const [key, v] of Object.entries(value)) v != null && (node.dataset[key] = v);
    else if (name === "value" || name === "checked" || name === "indeterminate") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
}
