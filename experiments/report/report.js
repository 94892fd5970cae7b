"use strict";
(() => {
  // What tests and curious readers see: charts drawn of charts there are, errors, requests.
  const page = document.documentElement;
  const errors = [];
  const fail = (message) => { errors.push(String(message)); page.dataset.errors = JSON.stringify(errors); };
  page.dataset.errors = "[]";
  addEventListener("error", (event) => fail(event.message));
  addEventListener("unhandledrejection", (event) => fail(event.reason));
  addEventListener("securitypolicyviolation", (event) => fail(`policy: ${event.violatedDirective} ${event.blockedURI}`));

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // Lines refer to values that they share (page.cpp); put back as text, so that a download has every digit of the file.
  const linesIn = (id) => document.getElementById(id).textContent.split("\n").slice(0, -1);
  const shared = linesIn("shared");
  const lines = linesIn("records").map((line) => line.replace(/"(machine|build|cell|input|variant|exact)":@(\d+)@/g, (_, key, index) => `"${key}":${shared[index]}`));
  const records = lines.map((line) => JSON.parse(line));
  const model = read("model");
  const selector = document.getElementById("condition");
  const at = (record, path) => path.split(".").reduce((value, key) => value?.[key], record);

  const nav = document.querySelector("nav");
  for (const section of document.querySelectorAll("section"))
    nav.append(make("a", { href: `#${section.id}`, textContent: section.querySelector("h2").textContent }), " ");

  const condition = () => (selector ? Number(selector.value) : model.points[0]?.[3]);
  const dtypes = (points) => [...new Set(points.map((point) => point[4]))].sort((a, b) => (b === "f32") - (a === "f32"));

  // A variant has the colour of the first backend that computes it, so that colours mean the same in every chart.
  const firstSeries = new Map();
  for (const [, series, variant] of model.points) if (!firstSeries.has(variant)) firstSeries.set(variant, series);

  /// The lines of one panel: {name, label, style, points}.
  const linesOf = (chart, dtype) => {
    const names = chart.by_variant ? model.variants : model.series;
    const found = new Map();  // by the index of the series, or of the first series that has the variant
    for (const [index, series, variant, where, type, n] of model.points) {
      const value = at(records[index], chart.path);
      if (where !== condition() || type !== dtype || typeof value !== "number" || (chart.scale === "log" && value <= 0)) continue;
      const which = chart.by_variant ? firstSeries.get(variant) : series;
      if (!found.has(which)) found.set(which, { name: names[chart.by_variant ? variant : series], points: new Map() });
      if (!found.get(which).points.has(n)) found.get(which).points.set(n, value / chart.unit);
    }
    const all = [...found].sort((a, b) => a[0] - b[0]);
    const lettered = all.some(([, { name }]) => name.length > attnlabCharts.longestLabel);
    const drawn = all.map(([which, { name, points }]) => ({
      name,
      label: lettered ? attnlabCharts.letter(which) : name,
      style: attnlabCharts.style(which),
      points: [...points].sort((a, b) => a[0] - b[0]).map(([n, value]) => ({ n, value })),
    }));
    if (chart.with_ln_n && drawn.length > 0) {
      const lengths = [...new Set(drawn.flatMap((line) => line.points.map((point) => point.n)))].sort((a, b) => a - b);
      drawn.push({ name: "ln n: uniform attention over n keys", label: "ln n", style: attnlabCharts.reference, points: lengths.map((n) => ({ n, value: Math.log(n) })) });
    }
    return drawn;
  };

  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const legendOf = (drawn) => make("ul", { className: "legend" }, ...drawn.map((line) => {
    const swatch = svg("svg", { width: 40, height: 14, viewBox: "-20 -7 40 14", "aria-hidden": "true" });
    swatch.append(svg("path", { d: "M-19,0H19", fill: "none", stroke: line.style.colour, "stroke-width": 2, "stroke-dasharray": line.style.dash.join(" ") }));
    if (line.style.shape) swatch.append(svg("path", { d: line.style.shape, fill: line.style.colour, transform: "scale(4.2)" }));
    return make("li", {}, swatch, make("span", { textContent: line.label === line.name || line.name.startsWith(line.label) ? line.name : `${line.label}: ${line.name}` }));
  }));

  /// For readers who do not see it: where each line starts and ends.
  const inWords = (title, chart, drawn) => `${title}, ${chart.axis}, against sequence length. ` + drawn.map(({ name, points }) =>
    `${name}: ${attnlabCharts.figure(points[0].value)} at n = ${points[0].n}` +
    (points.length > 1 ? `, ${attnlabCharts.figure(points.at(-1).value)} at n = ${points.at(-1).n}` : "")).join("; ") + ".";

  let views = [];
  const embed = async (target, specification) => {
    const label = target.getAttribute("aria-label");
    const { view } = await vegaEmbed(target, specification, {
      actions: false, ast: true, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true }, config: attnlabCharts.theme,
    });
    views.push(view);
    // vega has named the element after itself.
    target.setAttribute("role", "img");
    target.setAttribute("aria-label", label);
  };

  const panel = (target, label) => {
    const drawing = make("div", { className: "chart" });
    drawing.tabIndex = 0;
    drawing.setAttribute("aria-label", label);
    const box = make("div", { className: "panel" });
    target.append(box);
    box.append(drawing);
    return [box, drawing];
  };

  const drawLines = async (target) => {
    const chart = model.charts.find((one) => one.id === target.dataset.name);
    const here = dtypes(model.points.filter((point) => point[3] === condition()));
    const legend = new Map();
    // All panels before the first drawing: their number is what sets the width of each.
    const panels = [];
    for (const dtype of chart.by_variant ? here.slice(0, 1) : here) {
      const drawn = linesOf(chart, dtype);
      if (drawn.length === 0) continue;
      for (const line of drawn) legend.set(line.name, line);
      const [box, drawing] = panel(target, inWords(here.length > 1 ? `${chart.title}, ${dtype}` : chart.title, chart, drawn));
      if (here.length > 1) box.prepend(make("p", { className: "panel-title", textContent: dtype }));
      panels.push([drawing, drawn]);
    }
    if (panels.length === 0) { target.append(make("p", { className: "note", textContent: "No record has this figure under this condition." })); return; }
    // Charts by variant stand in a grid and share one legend, that of the first: it has ln n besides.
    const key = chart.by_variant ? document.getElementById("variants") : target;
    if (!chart.by_variant || key.childElementCount === 0) key.append(legendOf([...legend.values()]));
    for (const [drawing, drawn] of panels)
      await embed(drawing, attnlabCharts.lineChart(chart, drawn, drawing.clientWidth, chart.by_variant ? 210 : 290));
  };

  const drawMaps = async (target) => {
    const record = records[Number(target.dataset.name.split("-")[1])];
    const titles = { exact: `exact: ${record.deviation.exact_variant}`, variant: record.variant };
    const panels = Object.keys(titles).map((which) => {
      const [box, drawing] = panel(target, `Map of attention weights, queries down and keys across: ${titles[which]}. The table that follows has its values.`);
      box.prepend(make("p", { className: "panel-title", textContent: titles[which] }));
      return [which, drawing];
    });
    for (const [which, drawing] of panels)
      await embed(drawing, attnlabCharts.heatmap(record.heatmap[which], record.cell.seqlen_q, record.cell.seqlen_k, drawing.clientWidth));
  };

  /// Who draws a figure (elements.h): it fills `target`, whose data-name says with what, by these tools.
  const tools = { model, make, panel, embed, legendOf, condition };
  const drawers = { lines: drawLines, heatmap: drawMaps };

  // One drawing at a time; a change meanwhile leads to one more.
  let drawing = null;
  let again = false;
  const drawAll = async () => {
    for (const view of views) view.finalize();
    views = [];
    document.getElementById("variants")?.replaceChildren();
    for (const target of document.querySelectorAll("[data-draw]")) {
      target.replaceChildren();
      try {
        await drawers[target.dataset.draw](target, tools);
      } catch (error) {
        target.append(make("p", { className: "note", textContent: "This chart could not be drawn; its table follows." }));
        fail(`${target.dataset.name}: ${error}`);
      }
    }
    const panels = [...document.querySelectorAll(".panel .chart")];
    const drawn = panels.filter((one) => one.querySelector("svg")?.getBoundingClientRect().width > 100);
    const wide = panels.filter((one) => one.scrollWidth > one.clientWidth + 1);
    page.dataset.charts = `${drawn.length}/${panels.length}`;
    page.dataset.unnamed = String(panels.filter((one) => one.getAttribute("role") !== "img" || !/ at n = |weights/.test(one.getAttribute("aria-label"))).length);
    page.dataset.clipped = String(wide.length);
    page.dataset.requests = String(performance.getEntriesByType("resource").filter((entry) => !/^(data|blob):/.test(entry.name)).length);
  };
  const draw = async () => {
    if (drawing) { again = true; return; }
    do { again = false; drawing = drawAll(); await drawing; } while (again);
    drawing = null;
  };
  selector?.addEventListener("change", draw);
  let width = document.querySelector("main").clientWidth;
  let waiting = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    // Paper has a width of its own; a drawing begun for it would not be done when it is printed.
    if (now === width || matchMedia("print").matches) return;
    width = now;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  }).observe(document.querySelector("main"));
  draw();

  /// One line a record: every value that is no list, under its dotted path.
  const toCsv = () => {
    const flat = (value, path, row) => {
      if (path === "heatmap" || Array.isArray(value)) return row;
      if (value !== null && typeof value === "object") for (const [key, inner] of Object.entries(value)) flat(inner, path ? `${path}.${key}` : key, row);
      else row.set(path, value);
      return row;
    };
    const rows = records.map((record) => flat(record, "", new Map()));
    // An object that one record lacks (null) is no column of its own where another has it.
    const paths = [...new Set(rows.flatMap((row) => [...row.keys()]))];
    const columns = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
    const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    return [columns, ...rows.map((row) => columns.map((column) => row.get(column) ?? ""))].map((row) => row.map((value) => quoted(String(value))).join(",")).join("\r\n") + "\r\n";
  };
  const contents = {
    jsonl: () => ["records.jsonl", "application/jsonl", lines.join("\n") + "\n"],
    csv: () => ["records.csv", "text/csv", toCsv()],
  };
  for (const button of document.querySelectorAll("[data-download]"))
    button.addEventListener("click", () => {
      const [name, type, text] = contents[button.dataset.download]();
      const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
})();
