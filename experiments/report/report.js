"use strict";
(() => {
  const page = document.documentElement;
  const errors = [];
  const fail = (message) => { errors.push(String(message)); page.dataset.errors = JSON.stringify(errors); };
  page.dataset.errors = "[]";
  addEventListener("error", (event) => fail(event.message));
  addEventListener("unhandledrejection", (event) => fail(event.reason));
  addEventListener("securitypolicyviolation", (event) => fail("policy: " + event.violatedDirective + " " + event.blockedURI));

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const records = read("records");
  const charts = read("charts");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const print = matchMedia("print");

  // Okabe and Ito 2008, with yellow left to dark paper.
  const palette = (isDark) => isDark
    ? ["#56b4e9", "#e69f00", "#2dbd95", "#f0e442", "#d99bc0", "#ff7f3f", "#e7e9ec", "#8fa3ff"]
    : ["#0072b2", "#d55e00", "#00795a", "#a04a84", "#7a5d00", "#3a3f47", "#0a8fb5", "#8a3fd1"];

  const theme = () => {
    const isDark = dark.matches && !print.matches;
    const ink = isDark ? "#e7e9ec" : "#1a1c1f";
    const line = isDark ? "#3a4049" : "#d5d9df";
    return {
      background: "transparent",
      font: "system-ui, DejaVu Sans, sans-serif",
      axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: ink, tickColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 },
      legend: { labelColor: ink, titleColor: ink, labelFontSize: 12 },
      header: { labelColor: ink, titleColor: ink },
      title: { color: ink, fontSize: 12, fontWeight: 600, anchor: "start", limit: 330 },
      view: { stroke: line },
      range: { category: palette(isDark) },
    };
  };

  // A heatmap's data stay in its record: "record:INDEX:exact" or "record:INDEX:variant".
  const fill = (view) => {
    const [, index, which] = view.data.name.split(":");
    return { ...view, data: { values: records[Number(index)].heatmap[which].flat() } };
  };

  // Charts are written for a wide page; on a narrow one they stand below one another and shrink.
  const fit = (chart, available) => {
    const unit = chart.spec ?? chart;
    if (!unit.width) return chart;
    const width = Math.min(unit.width, available - 80);
    if (!chart.spec) return { ...chart, width };
    const columns = chart.facet.column ? 2 : 1;
    if (columns * (unit.width + 80) <= available) return chart;
    const facet = chart.facet.row ? chart.facet : { row: chart.facet.column };
    return { ...chart, facet, spec: { ...unit, width: chart.facet.row && columns === 2 ? (available - 120) / 2 : width } };
  };

  const draw = async () => {
    let drawn = 0;
    for (const target of document.querySelectorAll("[data-chart]")) {
      const chart = charts[target.dataset.chart];
      const isMap = Array.isArray(chart.hconcat);
      const spec = {
        $schema: "https://vega.github.io/schema/vega-lite/v6.json",
        ...fit(chart, target.clientWidth),
        ...(isMap ? { hconcat: chart.hconcat.map(fill) } : {}),
      };
      try {
        await vegaEmbed(target, spec, { actions: false, ast: true, renderer: isMap ? "canvas" : "svg", config: theme() });
        const picture = target.querySelector("svg, canvas");
        if (picture && picture.getBoundingClientRect().width > 100) drawn += 1;
      } catch (error) {
        target.textContent = "This chart could not be drawn; its table follows.";
        fail(target.dataset.chart + ": " + error);
      }
    }
    page.dataset.charts = drawn + "/" + document.querySelectorAll("[data-chart]").length;
    page.dataset.requests = String(performance.getEntriesByType("resource").filter((entry) => !/^(data|blob):/.test(entry.name)).length);
  };
  dark.addEventListener("change", draw);
  print.addEventListener("change", draw);
  draw();

  const contents = {
    jsonl: () => ["records.jsonl", "application/jsonl", records.map((record) => JSON.stringify(record)).join("\n") + "\n"],
    csv: () => ["tables.csv", "text/csv", read("tables")],
  };
  for (const button of document.querySelectorAll("[data-download]")) {
    button.addEventListener("click", () => {
      const [name, type, text] = contents[button.dataset.download]();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
})();
