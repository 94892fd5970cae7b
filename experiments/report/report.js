"use strict";
(() => {
  // Attributes for tests: charts drawn, number of charts, errors, requests.
  const page = document.documentElement;
  const errors = [];
  const fail = (message) => { errors.push(String(message)); page.dataset.errors = JSON.stringify(errors); };
  page.dataset.errors = "[]";
  addEventListener("error", (event) => fail(event.message));
  addEventListener("unhandledrejection", (event) => fail(event.reason));
  addEventListener("securitypolicyviolation", (event) => fail(`policy: ${event.violatedDirective} ${event.blockedURI}`));

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const model = JSON.parse(document.getElementById("model").textContent);

  // The links to the sections and the filters follow the first screen.
  const nav = make("nav");
  nav.setAttribute("aria-label", "Sections");
  const form = make("form", { id: "filters" });
  form.setAttribute("aria-label", "What is shown");
  document.getElementById("answer").after(nav, form);
  for (const section of document.querySelectorAll("section:not(#answer)"))
    nav.append(make("a", { href: `#${section.id}`, textContent: section.querySelector("h2").textContent }), " ");

  const filters = attnlabFilters.build(form, model, () => { filters.apply(); draw(); });

  // A variant has the colour of the first backend that computes it, so that colours have one meaning in all charts.
  const firstSeries = new Map();
  for (const [series, variant] of model.cells) if (!firstSeries.has(variant)) firstSeries.set(variant, series);
  const two = model.styles.some(([, run]) => run === 1);
  const styleOf = (series) => attnlabCharts.style(model.styles[series][0], two ? model.styles[series][1] : undefined);
  /// The cells that filters and condition select, as {index, series, variant, dtype, n, disturbed}; `index` is the position in
  /// lists of values.
  const cells = (wanted = () => true) => model.cells
    .map(([series, variant, condition, dtype, n, disturbed], index) => ({ index, series, variant, condition, dtype, n, disturbed }))
    .filter((cell) => cell.condition === filters.condition() && filters.shows(cell.series, cell.dtype, cell.n) && wanted(cell));

  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  /// `drawn`: {name, label, detail, style}.
  const legendOf = (drawn) => make("ul", { className: "legend" }, ...drawn.map(({ name, label, detail, style }) => {
    const swatch = svg("svg", { width: 40, height: 14, viewBox: "-20 -7 40 14", "aria-hidden": "true" });
    if (style.dash) swatch.append(svg("path", { d: "M-19,0H19", fill: "none", stroke: style.colour, "stroke-width": 2, "stroke-dasharray": style.dash.join(" ") }));
    if (style.shape) swatch.append(svg("path", { d: style.shape, fill: style.colour, transform: "scale(4.2)" }));
    const text = label === name || name.startsWith(label) ? name : `${label}: ${name}`;
    return make("li", {}, swatch, make("span", { textContent: detail ? `${text}: ${detail}` : text }));
  }));

  const views = new Map();  // by the element that contains the drawing
  const embed = async (target, specification) => {
    const label = target.getAttribute("aria-label");
    const { view } = await vegaEmbed(target, specification, {
      actions: false, ast: true, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true }, config: attnlabCharts.theme,
    });
    views.set(target, view);
    // Vega sets its own labels on the element and on every part of the drawing.
    target.setAttribute("role", "img");
    target.setAttribute("aria-label", label);
    for (const part of target.children) part.setAttribute("aria-hidden", "true");
  };
  const condition = () => (model.conditions.length > 1 ? model.conditions[filters.condition()] : "");
  /// The element to draw in. If there are several conditions, title and label name the current one.
  const panel = (target, title, label, under = condition()) => {
    const drawing = make("div", { className: "chart" });
    drawing.setAttribute("aria-label", under ? `Under ${under}: ${label}` : label);
    const shown = [under, title].filter((part) => part).join(", ");
    target.append(make("div", { className: "panel" }, ...(shown ? [make("p", { className: "panel-title", textContent: shown })] : []), drawing));
    return drawing;
  };

  const drawIn = async (target) => {
    for (const [drawing, view] of views) if (target.contains(drawing)) { view.finalize(); views.delete(drawing); }
    const focused = target.contains(document.activeElement) ? document.activeElement.id : "";
    target.replaceChildren();
    try {
      const drawn = attnlabDrawers[target.dataset.draw](target, tools);
      // Controls exist before the first drawing, so that they keep the keyboard focus.
      document.getElementById(focused)?.focus();
      await drawn;
    } catch (error) {
      target.append(make("p", { className: "note", textContent: "This chart could not be drawn; its table is below." }));
      fail(`${target.dataset.name}: ${error}`);
    }
  };
  // Figures are drawn one after another: a control may start a drawing before the last one has ended.
  let last = Promise.resolve();
  const redraw = (target) => (last = last.then(() => drawIn(target)));
  const tools = { model, make, panel, embed, legendOf, filters, cells, styleOf, firstSeries, redraw };

  // Only one drawing runs at a time; a change in the meantime starts one more.
  let drawing = null;
  let again = false;
  const isFolded = (element) => element.closest("details:not([open])") !== null;
  const drawAll = async () => {
    document.getElementById("variants")?.replaceChildren();
    for (const target of document.querySelectorAll("[data-draw]")) {
      target.dataset.drawn = String(!isFolded(target));
      if (!isFolded(target)) await redraw(target);
    }
    hintAtMore();
    report();
  };
  /// Says beside the caption of a table that it has columns beyond the right edge, or rows below the lower one.
  const hintAtMore = () => {
    for (const scroll of document.querySelectorAll(".scroll")) {
      const caption = scroll.parentElement.querySelector(`.caption[data-of="${scroll.firstElementChild.id}"]`);
      const more = [
        ...(scroll.scrollWidth > scroll.clientWidth + 1 ? ["columns to the right"] : []),
        ...(scroll.scrollHeight > scroll.clientHeight + 1 ? ["rows below"] : []),
      ].join(", ");
      caption?.toggleAttribute("data-more", more !== "");
      if (more !== "") caption?.setAttribute("data-more", more);
    }
  };
  const report = () => {
    const panels = [...document.querySelectorAll(".panel .chart")].filter((one) => !isFolded(one));
    const drawn = panels.filter((one) => one.querySelector("svg")?.getBoundingClientRect().width > 100);
    const wide = panels.filter((one) => one.scrollWidth > one.clientWidth + 1);
    page.dataset.unnamed = String(panels.filter((one) => one.getAttribute("role") !== "img" || !/ at n = |weights/.test(one.getAttribute("aria-label")) || !one.querySelector("svg[aria-hidden]")).length);
    page.dataset.clipped = String(wide.length);
    page.dataset.conditions = String(document.querySelectorAll("#condition option").length);
    page.dataset.requests = String(performance.getEntriesByType("resource").filter((entry) => !/^(data|blob):/.test(entry.name)).length);
    page.dataset.charts = `${drawn.length}/${panels.length}`;
  };
  // Folded figures have no width; they are drawn when they are opened.
  document.addEventListener("toggle", async (event) => {
    if (!event.target.open) return;
    hintAtMore();
    for (const target of event.target.querySelectorAll("[data-draw]"))
      if (target.dataset.drawn !== "true" && !isFolded(target)) { target.dataset.drawn = "true"; await redraw(target); }
    report();
  }, true);
  /// A link to a folded section opens it.
  const unfoldTarget = () => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.querySelector(":scope > details")?.setAttribute("open", "");
  addEventListener("hashchange", unfoldTarget);
  unfoldTarget();
  const draw = async () => {
    if (drawing) { again = true; return; }
    do { again = false; drawing = drawAll(); await drawing; } while (again);
    drawing = null;
  };
  let width = document.querySelector("main").clientWidth;
  let waiting = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    // Paper has its own width; a drawing started for it would not be ready in time for printing.
    if (now === width || matchMedia("print").matches) return;
    width = now;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  }).observe(document.querySelector("main"));
  draw();

  const named = (what, ...buttons) => {
    const group = make("p", { className: "exports" }, ...buttons);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", `Export: ${what}`);
    return group;
  };
  const button = (text, act) => {
    const made = make("button", { type: "button", className: "small", textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  const types = { latex: ["LaTeX", "tex", "application/x-tex"], md: ["Markdown", "md", "text/markdown"], csv: ["CSV", "csv", "text/csv"] };
  for (const table of document.querySelectorAll(".scroll > table"))
    table.parentElement.before(named(table.caption.textContent, ...Object.entries(types).map(([format, [title, ending, type]]) =>
      button(title, () => attnlabExports.save(`${table.id.replace(/^table-/, "")}.${ending}`, type, attnlabExports.formats[format](attnlabExports.read(table)))))));
  for (const figure of document.querySelectorAll("figure"))
    figure.querySelector(".panels").after(named(figure.querySelector("figcaption").textContent, button("SVG", async () =>
      attnlabExports.save(`${figure.id}.svg`, "image/svg+xml", await attnlabExports.figureSvg(figure, views)))));

  const cellsCsv = () => {
    const charts = model.charts.flatMap((chart) => ["values", "low", "high", "formula"].filter((key) => chart[key]).map((key) => [key === "values" ? chart.id : `${chart.id}_${key}`, chart[key]]));
    const rows = model.cells.flatMap(([series, variant, condition, dtype, n, disturbed], index) => (filters.shows(series, dtype, n)
      ? [[model.series[series], model.variants[variant], model.conditions[condition], dtype, n, disturbed, ...charts.map(([, values]) => values[index] ?? "")]] : []));
    return [["series", "variant", "condition", "dtype", "n", "disturbed", ...charts.map(([name]) => name)], ...rows].map((row) => row.map((value) => attnlabExports.csv(String(value))).join(",")).join("\r\n") + "\r\n";
  };
  document.querySelector("[data-download=cells]").addEventListener("click", () => attnlabExports.save("cells.csv", "text/csv", cellsCsv()));
})();
