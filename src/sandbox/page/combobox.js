// A field to choose one or several options from a list, by typing or by the
// arrow keys; the pattern "combobox with listbox" of the WAI-ARIA guide.

import { freshId, h } from "./dom.js";
import { icon } from "./icons.js";
import { popupFor } from "./popup.js";

export class Combobox {
  #groups;
  #options;
  #multiple;
  #max;
  #placeholder;
  #onchange;
  #chosen;
  #active = null;
  /** Whether the text in the field is something to look for, not the choice. */
  #searching = false;
  #list;
  #input;
  #chips = h("span.chips");
  #clear;
  #popup;

  /**
   * `groups`: `[{ label?, options: [{ key, text, content?(), note?, node? }] }]`.
   * `chosen`: keys. `labels`: ARIA attributes that name the field.
   * `onchange(keys)` runs after each choice.
   */
  constructor({ id, groups, chosen, multiple = false, max, placeholder, labels, clearable = false, onchange }) {
    this.#groups = groups;
    this.#options = groups.flatMap((group) => group.options);
    [this.#multiple, this.#max, this.#placeholder, this.#onchange] = [multiple, max, placeholder, onchange];
    this.#chosen = [...chosen];
    this.#list = h("ul.listbox", { role: "listbox", id: freshId("options"), "aria-multiselectable": multiple ? "true" : null, data: { match: "width" }, ...labels });
    this.#input = h("input.combo-input", {
      id, type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": this.#list.id, "aria-autocomplete": "list",
      autocomplete: "off", spellcheck: "false", ...labels,
      onkeydown: (event) => this.#keys(event), oninput: () => this.#search(), onfocus: () => this.#input.select(), onblur: () => this.#close(),
    });
    this.#clear = h("button.icon-button.small", { type: "button", tabindex: "-1", "aria-label": "Clear the choice", onclick: () => this.#choose([]) }, icon("close", 14));
    this.node = h("div.combo", { onclick: (event) => this.#press(event) }, this.#chips, this.#input, clearable && !multiple && this.#clear, h("span.combo-arrow", { "aria-hidden": "true" }, icon("down", 16)));
    this.#popup = popupFor(this.node, this.#list);
    this.#show();
  }

  #choose(keys) {
    this.#chosen = keys;
    this.#show();
    this.#onchange(keys);
  }

  #pick(option) {
    if (!this.#multiple) {
      this.#close();
      this.#choose([option.key]);
      return;
    }
    const had = this.#chosen.includes(option.key);
    if (!had && this.#max && this.#chosen.length >= this.#max) return;
    this.#input.value = "";
    this.#searching = false;
    this.#choose(had ? this.#chosen.filter((key) => key !== option.key) : [...this.#chosen, option.key]);
    this.#fill();
  }

  /** What the closed field says. */
  #show() {
    const picked = this.#chosen.map((key) => this.#options.find((option) => option.key === key)).filter(Boolean);
    if (this.#multiple) {
      this.#chips.replaceChildren(...picked.map((option) => this.#chip(option)));
      this.#input.placeholder = picked.length ? "" : this.#placeholder;
    } else if (!this.#searching) {
      this.#input.value = picked[0]?.text ?? "";
      this.#input.placeholder = this.#placeholder;
    }
    this.#clear.hidden = !picked.length;
  }

  #chip(option) {
    const remove = () => {
      this.#choose(this.#chosen.filter((key) => key !== option.key));
      this.#input.focus();
    };
    return h("span.chip", null, option.text, h("button.chip-remove", { type: "button", "aria-label": `Remove ${option.text}`, onclick: remove }, icon("close", 12)));
  }

  /** Fills the open list with what matches. */
  #fill() {
    const needle = this.#searching ? this.#input.value.trim().toLowerCase() : "";
    const matches = (option) => `${option.text} ${option.note ?? ""}`.toLowerCase().includes(needle);
    const found = this.#groups.map((group) => ({ ...group, options: group.options.filter(matches) })).filter((group) => group.options.length);
    const options = found.flatMap((group) => group.options);
    if (!options.some((option) => option.key === this.#active)) {
      this.#active = (options.find((option) => this.#chosen.includes(option.key)) ?? options[0])?.key ?? null;
    }
    const remark = (words) => h("li.listbox-none", { role: "presentation" }, words);
    this.#list.replaceChildren(
      ...found.flatMap((group) => [...(group.label ? [h("li.listbox-group", { role: "presentation" }, group.label)] : []), ...group.options.map((option) => this.#optionNode(option))]),
      ...(options.length ? [] : [remark("Nothing matches")]),
      ...(this.#multiple && this.#max ? [remark(`${this.#chosen.length} of at most ${this.#max} chosen`)] : []));
    this.#mark();
    this.#popup.follow();
  }

  #optionNode(option) {
    const picked = this.#chosen.includes(option.key);
    return h("li.option", { role: "option", id: freshId("option"), "aria-selected": String(picked), data: { key: option.key }, onpointerdown: (event) => event.preventDefault(), onclick: () => this.#pick(option) },
      option.node, h("span.option-text", null, h("span", null, option.content?.() ?? option.text), option.note && h("span.option-note", null, option.note)), picked && icon("check", 16));
  }

  #mark() {
    this.#input.removeAttribute("aria-activedescendant");
    for (const node of this.#list.querySelectorAll(".option")) {
      const active = node.dataset.key === this.#active;
      node.classList.toggle("active", active);
      if (!active) continue;
      this.#input.setAttribute("aria-activedescendant", node.id);
      node.scrollIntoView({ block: "nearest" });
    }
  }

  #open() {
    if (this.#popup.open) return;
    this.#popup.show();
    this.#input.setAttribute("aria-expanded", "true");
    this.#fill();
  }

  #close() {
    this.#searching = false;
    if (this.#popup.open) this.#popup.hide();
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
    if (this.#multiple) this.#input.value = "";
    this.#show();
  }

  #search() {
    this.#searching = true;
    this.#open();
    this.#fill();
  }

  #step(by) {
    const nodes = [...this.#list.querySelectorAll(".option")];
    const at = nodes.findIndex((node) => node.dataset.key === this.#active);
    this.#active = nodes[(at + by + nodes.length) % nodes.length]?.dataset.key ?? null;
    this.#mark();
  }

  #press(event) {
    if (event.target.closest("button")) return;
    this.#input.focus();
    this.#open();
  }

  #keys(event) {
    const { open } = this.#popup;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (open) this.#step(event.key === "ArrowDown" ? 1 : -1);
      else this.#open();
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      event.stopPropagation();
      const option = this.#options.find((one) => one.key === this.#active);
      if (option) this.#pick(option);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    } else if (event.key === "Backspace" && this.#multiple && !this.#input.value && this.#chosen.length) {
      this.#choose(this.#chosen.slice(0, -1));
      if (open) this.#fill();
    }
  }
}
