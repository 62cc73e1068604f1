// The data_visualization block: line, area, bar and pie charts as SVG, with
// the numbers behind them as a table.
// https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block

import { freshId, h, svg } from "./dom.js";

const WIDTH = 560;
const HEIGHT = 240;
const EDGE = { top: 12, right: 14, bottom: 30, left: 48 };

export function chart(block) {
  const data = block.chart ?? {};
  const draw = { line: xy, area: xy, bar: xy, pie }[data.type];
  if (!draw) return h("p.cannot", null, `Cannot show a chart of type ${data.type}.`);
  const title = freshId("chart");
  return h(
    "figure.chart", { "aria-labelledby": title },
    h("figcaption.figure-head", null, h("span.figure-title", { id: title }, block.title ?? "")),
    draw(data, block.title ?? "Chart"),
    numbers(data),
  );
}

/** Line, area and bar share their axes. */
function xy(data, title) {
  const categories = data.axis_config?.categories ?? data.series?.[0]?.data.map((point) => point.label) ?? [];
  const series = (data.series ?? []).map((one) => ({ name: one.name, values: valuesOf(one, categories) }));
  const all = series.flatMap((one) => one.values).filter((value) => value != null);
  const scale = niceScale(Math.min(0, ...all), Math.max(0, ...all), data.type === "line" ? all : null);
  const x = (index) => EDGE.left + ((index + 0.5) / categories.length) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value) => EDGE.top + (1 - (value - scale.low) / (scale.high - scale.low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const marks = { line: lines, area: areas, bar: bars }[data.type](series, x, y, categories.length, scale);
  return h(
    "div.chart-body", null,
    data.axis_config?.y_label && h("p.axis-label", null, data.axis_config.y_label),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": spoken(title, series, categories) },
      grid(scale, y), categoryLabels(categories, x), marks),
    data.axis_config?.x_label && h("p.axis-label.below", null, data.axis_config.x_label),
    series.length > 1 && legend(series.map((one) => one.name)),
  );
}

function valuesOf(series, categories) {
  const byLabel = new Map((series.data ?? []).map((point) => [point.label, point.value]));
  return categories.map((category) => byLabel.get(category) ?? null);
}

/** Round steps that cover the values; a line far from zero need not show zero. */
function niceScale(low, high, lineValues) {
  if (lineValues?.length) {
    const [least, most] = [Math.min(...lineValues), Math.max(...lineValues)];
    if (least > 0 && (most - least) / most < 0.4) [low, high] = [least - (most - least) * 0.25, most];
  }
  if (low === high) high = low + 1;
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step, step };
}

function grid(scale, y) {
  const count = Math.round((scale.high - scale.low) / scale.step);
  return Array.from({ length: count + 1 }, (_, index) => {
    const value = scale.low + index * scale.step;
    return svg("g", null,
      svg("line", { class: Math.abs(value) < scale.step / 1e6 ? "axis" : "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }),
      svg("text", { class: "tick", x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)));
  });
}

function categoryLabels(categories, x) {
  // As many labels as fit without touching: about 7 pixels a character.
  const longest = Math.max(1, ...categories.map((category) => category.length));
  const every = Math.ceil((categories.length * (longest * 7 + 10)) / (WIDTH - EDGE.left - EDGE.right));
  return categories.map((category, index) =>
    index % every === 0 && svg("text", { class: "tick", x: x(index), y: HEIGHT - 10, "text-anchor": "middle" }, category));
}

function lines(series, x, y) {
  return series.map((one, index) => svg("g", { class: `series series-${index + 1}` },
    svg("path", { class: "stroke", d: path(one.values, x, y) }),
    one.values.map((value, at) => value != null && dot(x(at), y(value), `${one.name}: ${full(value)}`))));
}

function areas(series, x, y, count, scale) {
  const base = y(Math.max(0, scale.low));
  return series.map((one, index) => svg("g", { class: `series series-${index + 1}` },
    svg("path", { class: "fill", d: `${path(one.values.map((value) => value ?? 0), x, y)}L${x(count - 1)} ${base}L${x(0)} ${base}Z` }),
    svg("path", { class: "stroke", d: path(one.values, x, y) })));
}

function bars(series, x, y, count, scale) {
  const slot = (WIDTH - EDGE.left - EDGE.right) / count;
  const width = Math.min(44, (slot * 0.72) / series.length);
  const zero = y(Math.max(scale.low, 0));
  return series.map((one, index) => svg("g", { class: `series series-${index + 1}` }, one.values.map((value, at) => {
    if (value == null) return null;
    const left = x(at) - (width * series.length) / 2 + index * width;
    const top = Math.min(y(value), zero);
    const bar = svg("rect", { class: "bar", x: left + 1, y: top, width: Math.max(1, width - 2), height: Math.max(1, Math.abs(y(value) - zero)), rx: 2 });
    bar.append(svg("title", null, `${one.name}: ${full(value)}`));
    return bar;
  })));
}

function path(values, x, y) {
  let open = false;
  return values.map((value, index) => {
    if (value == null) {
      open = false;
      return "";
    }
    const command = open ? "L" : "M";
    open = true;
    return `${command}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
  }).join("");
}

function dot(cx, cy, title) {
  return svg("circle", { class: "dot", cx, cy, r: 3.5 }, svg("title", null, title));
}

function pie(data, title) {
  const segments = data.segments ?? [];
  const total = segments.reduce((sum, one) => sum + one.value, 0) || 1;
  let turn = -0.25;
  const slices = segments.map((one, index) => {
    const share = one.value / total;
    const from = turn;
    turn += share;
    const node = svg("path", { class: `slice series-${index + 1}`, d: slice(from, Math.min(turn, from + 0.99999)) });
    node.append(svg("title", null, `${one.label}: ${full(one.value)} (${percent(share)})`));
    return node;
  });
  const label = `${title}. ${segments.map((one) => `${one.label} ${percent(one.value / total)}`).join(", ")}`;
  return h("div.chart-body.pie", null,
    svg("svg", { viewBox: "-104 -104 208 208", role: "img", "aria-label": label }, slices),
    legend(segments.map((one) => one.label), segments.map((one) => percent(one.value / total))));
}

function slice(from, to) {
  const at = (turn, radius) => `${(Math.cos(turn * 2 * Math.PI) * radius).toFixed(2)} ${(Math.sin(turn * 2 * Math.PI) * radius).toFixed(2)}`;
  const large = to - from > 0.5 ? 1 : 0;
  return `M${at(from, 100)}A100 100 0 ${large} 1 ${at(to, 100)}L${at(to, 58)}A58 58 0 ${large} 0 ${at(from, 58)}Z`;
}

function legend(names, values = []) {
  return h("ul.legend", null, names.map((name, index) =>
    h("li", null, h(`span.key.series-${index + 1}`, { "aria-hidden": "true" }), name, values[index] && h("span.legend-value", null, values[index]))));
}

/** The numbers themselves, for those who want or need them. */
function numbers(data) {
  const rows = data.type === "pie"
    ? [["", "Value"], ...(data.segments ?? []).map((one) => [one.label, full(one.value)])]
    : table(data);
  return h("details.numbers", null, h("summary", null, "Show the numbers"),
    h("div.scroll-x.block-table", { tabindex: "0", role: "group", "aria-label": "Numbers" },
      h("table", null, rows.map((row, line) => h("tr", null, row.map((cell, index) =>
        h(line && index ? "td.align-right" : `th.align-${index ? "right" : "left"}`, { scope: line ? (index ? null : "row") : "col" }, cell)))))));
}

function table(data) {
  const categories = data.axis_config?.categories ?? data.series?.[0]?.data.map((point) => point.label) ?? [];
  const columns = (data.series ?? []).map((one) => valuesOf(one, categories));
  return [["", ...(data.series ?? []).map((one) => one.name)],
    ...categories.map((category, index) => [category, ...columns.map((values) => (values[index] == null ? "–" : full(values[index])))])];
}

function spoken(title, series, categories) {
  const ranges = series.map((one) => {
    const known = one.values.filter((value) => value != null);
    return `${one.name} from ${full(known[0])} (${categories[0]}) to ${full(known.at(-1))} (${categories.at(-1)})`;
  });
  return `${title}. ${ranges.join("; ")}`;
}

function short(value) {
  return new Intl.NumberFormat("en-GB", { notation: Math.abs(value) >= 10_000 ? "compact" : "standard", maximumFractionDigits: 2 }).format(value);
}

function full(value) {
  return new Intl.NumberFormat("en-GB", { maximumFractionDigits: 4 }).format(value);
}

function percent(share) {
  return new Intl.NumberFormat("en-GB", { style: "percent", maximumFractionDigits: 1 }).format(share);
}
