// A field to choose one or several options from a list, by typing or by the
// arrow keys; the pattern "combobox with listbox" of the WAI-ARIA guide.

import { freshId, h } from "./dom.js";
import { icon } from "./icons.js";
import { popupFor } from "./popup.js";

/**
 * `groups`: `[{ label?, options: [{ key, text, content?, note?, node? }] }]`.
 * `chosen`: keys. `onchange(keys)` runs after each choice.
 */
export function combobox({ id, groups, chosen, multiple = false, max, placeholder, labels, clearable = false, onchange }) {
  const options = groups.flatMap((group) => group.options);
  const view = { chosen: [...chosen], active: null, typed: false };
  const list = h("ul.listbox", { role: "listbox", id: freshId("options"), "aria-multiselectable": multiple ? "true" : null, data: { match: "width" }, ...labels });
  const input = h("input.combo-input", {
    id, type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list",
    autocomplete: "off", spellcheck: "false", ...labels,
  });
  const chips = h("span.chips");
  const clear = h("button.icon-button.small", { type: "button", tabindex: "-1", "aria-label": "Clear the choice", onclick: () => choose([]) }, icon("close", 14));
  const box = h("div.combo", { data: { multiple: String(multiple) } }, chips, input, clearable && !multiple && clear, h("span.combo-arrow", { "aria-hidden": "true" }, icon("down", 16)));
  const popup = popupFor(box, list);

  function choose(keys) {
    view.chosen = keys;
    show();
    onchange(keys);
  }

  function pick(option) {
    if (!multiple) {
      close();
      choose([option.key]);
      return;
    }
    const had = view.chosen.includes(option.key);
    if (!had && max && view.chosen.length >= max) return;
    input.value = "";
    view.typed = false;
    choose(had ? view.chosen.filter((key) => key !== option.key) : [...view.chosen, option.key]);
    fill();
  }

  /** What the closed field says. */
  function show() {
    const picked = view.chosen.map((key) => options.find((option) => option.key === key)).filter(Boolean);
    if (multiple) {
      chips.replaceChildren(...picked.map((option) => h("span.chip", null, option.text,
        h("button.chip-remove", { type: "button", "aria-label": `Remove ${option.text}`, onclick: () => { choose(view.chosen.filter((key) => key !== option.key)); input.focus(); } }, icon("close", 12)))));
      input.placeholder = picked.length ? "" : placeholder;
    } else if (!view.typed) {
      input.value = picked[0]?.text ?? "";
      input.placeholder = placeholder;
    }
    clear.hidden = !picked.length;
    box.classList.toggle("filled", picked.length > 0);
  }

  function matching() {
    const needle = view.typed ? input.value.trim().toLowerCase() : "";
    return groups
      .map((group) => ({ ...group, options: group.options.filter((option) => `${option.text} ${option.note ?? ""}`.toLowerCase().includes(needle)) }))
      .filter((group) => group.options.length);
  }

  function fill() {
    const found = matching();
    const flat = found.flatMap((group) => group.options);
    if (!flat.some((option) => option.key === view.active)) view.active = (flat.find((option) => view.chosen.includes(option.key)) ?? flat[0])?.key ?? null;
    list.replaceChildren(...found.map((group) => (group.label ? groupNode(group) : group.options.map(optionNode))).flat());
    if (!flat.length) list.append(h("li.listbox-none", { role: "presentation" }, "Nothing matches"));
    if (multiple && max) list.append(h("li.listbox-none", { role: "presentation" }, `${view.chosen.length} of at most ${max} chosen`));
    mark();
    popup.follow();
  }

  function groupNode(group) {
    const label = freshId("group");
    return [h("li.listbox-group", { role: "presentation", id: label }, group.label), ...group.options.map(optionNode)];
  }

  function optionNode(option) {
    const picked = view.chosen.includes(option.key);
    return h("li.option", { role: "option", id: freshId("option"), "aria-selected": String(picked), data: { key: option.key },
      onpointerdown: (event) => event.preventDefault(), onclick: () => pick(option) },
      option.node, h("span.option-text", null, h("span", null, option.content?.() ?? option.text), option.note && h("span.option-note", null, option.note)), picked && icon("check", 16));
  }

  function mark() {
    input.removeAttribute("aria-activedescendant");
    for (const node of list.querySelectorAll(".option")) {
      const active = node.dataset.key === view.active;
      node.classList.toggle("active", active);
      if (active) {
        input.setAttribute("aria-activedescendant", node.id);
        node.scrollIntoView({ block: "nearest" });
      }
    }
  }

  function openList() {
    if (popup.open) return;
    popup.show();
    input.setAttribute("aria-expanded", "true");
    fill();
  }

  function close() {
    view.typed = false;
    if (popup.open) popup.hide();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    if (multiple) input.value = "";
    show();
  }

  function step(by) {
    const nodes = [...list.querySelectorAll(".option")];
    const at = nodes.findIndex((node) => node.dataset.key === view.active);
    view.active = nodes[(at + by + nodes.length) % nodes.length]?.dataset.key ?? null;
    mark();
  }

  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (popup.open) step(event.key === "ArrowDown" ? 1 : -1);
      else openList();
    } else if (event.key === "Enter" && popup.open) {
      event.preventDefault();
      event.stopPropagation();
      const option = options.find((one) => one.key === view.active);
      if (option) pick(option);
    } else if (event.key === "Escape" && popup.open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Backspace" && multiple && !input.value && view.chosen.length) {
      choose(view.chosen.slice(0, -1));
      if (popup.open) fill();
    }
  });
  input.addEventListener("input", () => {
    view.typed = true;
    openList();
    fill();
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", close);
  box.addEventListener("click", (event) => {
    if (event.target.closest("button")) return;
    input.focus();
    openList();
  });
  show();
  return box;
}
