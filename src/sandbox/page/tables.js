// The table and data_table blocks. The first row is the header; a data table
// can be sorted, filtered and paged.
// https://docs.slack.dev/reference/block-kit/blocks/data-table-block

import { arrange, h } from "./dom.js";
import { icon } from "./icons.js";
import { richText } from "./rich_text.js";

export function table(block) {
  const settings = block.column_settings ?? [];
  const [head, ...rows] = block.rows ?? [];
  const classes = (index, cell) => {
    const align = settings[index]?.align ?? (cell?.type === "raw_number" ? "right" : "left");
    return `align-${align}${settings[index]?.is_wrapped ? ".wrapped" : ""}`;
  };
  const line = (row, tag) => h("tr", null, row.map((cell, index) => h(`${tag}.${classes(index, cell)}`, tag === "th" ? { scope: "col" } : null, content(cell))));
  return h(
    "div.scroll-x.block-table",
    { tabindex: "0", role: "group", "aria-label": "Table" },
    h("table", null, head && h("thead", null, line(head, "th")), h("tbody", null, rows.map((row) => line(row, "td")))),
  );
}

export function dataTable(block) {
  const [head = [], ...rows] = block.rows ?? [];
  const size = block.page_size ?? 5;
  const view = { page: 0, column: null, descending: false, needle: "" };
  const body = h("tbody");
  const place = h("span.table-place", { role: "status" });
  const step = (label, name, by) => h("button.icon-button.small", { type: "button", "aria-label": label, onclick: () => turn(by) }, icon(name, 16));
  const [earlier, later] = [step("Previous page", "back", -1), step("Next page", "back", 1)];
  later.classList.add("flipped");
  const heads = head.map((cell, index) => headCell(cell, index));
  const rowNodes = new Map(rows.map((row) => [row, rowNode(row, block.row_header_column_index ?? 0)]));

  function headCell(cell, index) {
    const numeric = rows.some((row) => row[index]?.type === "raw_number");
    const sort = h("button.sort", { type: "button", onclick: () => sortBy(index) }, cellText(cell), icon("down", 14));
    return h(`th.align-${numeric ? "right" : "left"}`, { scope: "col", "aria-sort": "none" }, sort);
  }
  function sortBy(index) {
    if (view.column === index && view.descending) Object.assign(view, { column: null, descending: false });
    else Object.assign(view, { descending: view.column === index, column: index });
    view.page = 0;
    show();
  }
  function turn(by) {
    view.page += by;
    show();
  }
  function show() {
    const chosen = rows.filter((row) => row.some((cell) => cellText(cell).toLowerCase().includes(view.needle)));
    if (view.column != null) chosen.sort((a, b) => compare(a[view.column], b[view.column]) * (view.descending ? -1 : 1));
    const pages = Math.max(1, Math.ceil(chosen.length / size));
    view.page = Math.min(view.page, pages - 1);
    const from = view.page * size;
    arrange(body, chosen.slice(from, from + size).map((row) => rowNodes.get(row)));
    heads.forEach((node, index) => node.setAttribute("aria-sort", index !== view.column ? "none" : view.descending ? "descending" : "ascending"));
    place.textContent = chosen.length ? `${from + 1}–${Math.min(from + size, chosen.length)} of ${chosen.length}` : "No row matches";
    earlier.disabled = view.page === 0;
    later.disabled = view.page >= pages - 1;
  }
  const filter = h("input.field.table-filter", {
    type: "search", placeholder: "Filter rows", "aria-label": `Filter rows of ${block.caption ?? "the table"}`,
    oninput: (event) => { view.needle = event.target.value.toLowerCase(); view.page = 0; show(); },
  });
  show();
  return h(
    "figure.data-table", null,
    h("figcaption.figure-head", null, h("span.figure-title", null, block.caption ?? ""), rows.length > 3 && filter),
    h("div.scroll-x.block-table", { tabindex: "0", role: "group", "aria-label": block.caption ?? "Table" },
      h("table", null, h("thead", null, h("tr", null, heads)), body)),
    h("div.table-foot", null, place, rows.length > size && h("span.table-turn", null, earlier, later)),
  );
}

function rowNode(row, headerColumn) {
  return h("tr", null, row.map((cell, index) => {
    const align = cell?.type === "raw_number" ? "right" : "left";
    return index === headerColumn ? h(`th.align-${align}`, { scope: "row" }, content(cell)) : h(`td.align-${align}`, null, content(cell));
  }));
}

function content(cell) {
  if (cell?.type === "rich_text") return richText(cell);
  return cellText(cell);
}

function cellText(cell) {
  if (cell == null) return "";
  if (cell.type === "rich_text") return richText(cell).textContent;
  return cell.text ?? (cell.value == null ? "" : String(cell.value));
}

function compare(a, b) {
  if (a?.type === "raw_number" && b?.type === "raw_number") return a.value - b.value;
  return cellText(a).localeCompare(cellText(b), "en", { numeric: true, sensitivity: "base" });
}
