// Vega-Lite specifications from the model that charts.cpp makes. Colours are CSS variables: the scheme of the page, dark,
// light or print, is that of its charts without drawing them again.
"use strict";
const attnlabCharts = (() => {
  // Told apart by dash and shape as well as by colour. Shapes are paths in a square from -1 to 1, the same here and in legends.
  const colours = 8;
  const dashes = [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 2], [12, 3], [5, 2, 1, 2, 1, 2]];
  const shapes = [
    "M0,-1A1,1,0,1,1,0,1A1,1,0,1,1,0,-1Z", "M-.85,-.85H.85V.85H-.85Z", "M0,-1.1L1,.8H-1Z", "M0,-1.2L.9,0L0,1.2L-.9,0Z",
    "M0,1.1L1,-.8H-1Z", "M-1,-.35H-.35V-1H.35V-.35H1V.35H.35V1H-.35V.35H-1Z", "M-1.1,0L.8,-1V1Z", "M1.1,0L-.8,-1V1Z",
  ];
  const style = (index) => ({
    colour: `var(--series-${index % colours})`,
    dash: dashes[index % dashes.length],
    shape: shapes[index % shapes.length],
  });
  const reference = { colour: "var(--soft)", dash: [2, 4], shape: null };

  const weightDomain = [0.01, 100];  // of heatmaps: weight × n
  const axisRoom = 70;  // pixels left of a heatmap for its axis
  const longestLabel = 14;  // characters beside a line; longer names are lettered there and written out in the legend
  const letter = (index) => (index < 26 ? String.fromCharCode(65 + index) : String(index + 1));
  const figure = (value) => (value === 0 ? "0" : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

  /// 1, 10, 100 …, with 2 and 5 between them over a short range.
  const logTicks = ([low, high]) => {
    const steps = Math.log10(high / low) < 2.2 ? [1, 2, 5] : [1];
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
      for (const step of steps) {
        const tick = Number((step * 10 ** power).toPrecision(1));
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    return ticks;
  };

  /// Heights for labels at `values`, as values on the same scale, at least `gap` pixels apart.
  const spread = (values, scale, [low, high], height, gap) => {
    const forward = scale === "log" ? Math.log : (v) => v;
    const backward = scale === "log" ? Math.exp : (v) => v;
    const pixel = (v) => height * (1 - (forward(v) - forward(low)) / (forward(high) - forward(low)));
    const order = values.map((value, index) => ({ index, at: pixel(value) })).sort((a, b) => a.at - b.at);
    for (let i = 1; i < order.length; ++i) order[i].at = Math.max(order[i].at, order[i - 1].at + gap);
    for (let i = order.length - 1, lowest = height; i >= 0; --i, lowest -= gap) order[i].at = Math.min(order[i].at, lowest);
    const heights = [];
    for (const { index, at } of order)
      heights[index] = backward(forward(low) + (1 - at / height) * (forward(high) - forward(low)));
    return heights;
  };

  /// `lines`: {name, label, style, points: [{n, value}]}.
  const lineChart = (chart, lines, width, height) => {
    const all = lines.flatMap((line) => line.points);
    const low = Math.min(...all.map((point) => point.value));
    const high = Math.max(...all.map((point) => point.value));
    const isLog = chart.scale === "log";
    const domain = isLog ? [low / 1.4, high * 1.4] : [0, high * 1.08 || 1];
    const ends = lines.map((line) => line.points.at(-1));
    const heights = spread(ends.map((end) => end.value), chart.scale, domain, height, 15);
    const lengths = [...new Set(all.map((point) => point.n))].sort((a, b) => a - b);
    const names = lines.map((line) => line.name);
    const scale = (range) => ({ field: "line", type: "nominal", legend: null, scale: { domain: names, range } });
    const colour = scale(lines.map((line) => line.style.colour));
    const x = {
      field: "n", type: "quantitative", title: "sequence length n",
      scale: { type: "log", base: 2, nice: false, padding: 12, ...(lengths.length === 1 ? { domain: [lengths[0] / 2, lengths[0] * 2] } : {}) },
      axis: { values: lengths, format: "d", labelOverlap: "greedy", labelSeparation: 6 },
    };
    const y = {
      field: "value", type: "quantitative", title: chart.axis,
      scale: { type: chart.scale, domain, nice: false, zero: false },
      axis: isLog ? { values: logTicks(domain), format: ".3~r" } : { format: ".3~r", tickCount: 5 },
    };
    const marked = new Set(lines.filter((line) => line.style.shape).map((line) => line.name));
    const points = lines.flatMap((line) => line.points.map((point) => ({ line: line.name, ...point })));
    const labels = lines.map((line, index) => ({ line: line.name, label: line.label, ...ends[index], at: heights[index] }));
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      width, height, autosize: { type: "fit-x", contains: "padding" }, padding: { left: 2, right: 4, top: 6, bottom: 2 },
      encoding: { color: colour },
      layer: [
        { data: { values: labels }, mark: { type: "rule", strokeWidth: 1, strokeDash: [1, 3], opacity: 0.8 },
          encoding: { x, x2: { value: "width" }, y, y2: { field: "at" } } },
        { data: { values: points }, mark: { type: "line", strokeWidth: 2 },
          encoding: { x, y, strokeDash: scale(lines.map((line) => line.style.dash)) } },
        { data: { values: points.filter((point) => marked.has(point.line)) }, mark: { type: "point", filled: true, size: 62, opacity: 1 },
          encoding: { x, y, shape: scale(lines.map((line) => line.style.shape ?? shapes[0])),
            tooltip: [{ field: "line", title: "line" }, { field: "n" }, { field: "value", title: chart.axis, format: ".4~g" }] } },
        { data: { values: labels }, mark: { type: "text", align: "left", baseline: "middle", dx: 6, fontSize: 12, fontWeight: 500 },
          encoding: { x: { value: "width" }, y: { ...y, field: "at" }, text: { field: "label" } } },
      ],
    };
  };

  /// The bins as a picture of `size` pixels a side: as rectangles in SVG they would be 16 000 elements.
  const paint = (map, size) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const context = canvas.getContext("2d");
    const colour = vega.scheme("viridis");
    const [low, high] = weightDomain.map(Math.log);
    const side = size / map.length;
    map.forEach((row, i) => row.forEach((weight, j) => {
      if (!(weight > 0)) return;
      context.fillStyle = colour(Math.min(1, Math.max(0, (Math.log(weight) - low) / (high - low))));
      context.fillRect(j * side, i * side, side, side);
    }));
    return canvas.toDataURL();
  };

  /// One map in `room` pixels. Bins are whole pixels: fractions leave seams.
  const heatmap = (map, queries, keys, room) => {
    const size = Math.max(1, Math.floor(Math.min(room - axisRoom, 400) / map.length)) * map.length;
    const axis = (field, length, reverse) => ({
      field, type: "quantitative", scale: { domain: [0, length], nice: false, reverse }, axis: { grid: false, format: "d", tickCount: 4 },
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      width: size, height: size, padding: 4,
      data: { values: [{ key: 0, query: 0, weight: 1, picture: paint(map, size) }] },
      layer: [
        { mark: { type: "image", width: size, height: size, align: "left", baseline: "top", tooltip: false },
          encoding: { x: { value: 0 }, y: { value: 0 }, url: { field: "picture" } } },
        { mark: { type: "point", opacity: 0 },  // unseen: for the axes and the legend
          encoding: {
            x: axis("key", keys, false), y: axis("query", queries, true),
            color: {
              field: "weight", type: "quantitative", title: "weight × n",
              scale: { type: "log", domain: weightDomain, clamp: true, scheme: "viridis" },
              legend: { orient: "bottom", direction: "horizontal", gradientLength: size - 100, gradientThickness: 10, gradientOpacity: 1, format: ".3~r", values: [0.01, 0.1, 1, 10, 100] },
            },
          } },
      ],
    };
  };

  const ink = "var(--ink)";
  const line = "var(--line)";
  const theme = {
    background: "transparent",
    font: "system-ui, DejaVu Sans, sans-serif",
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: ink, tickColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, titlePadding: 8 },
    legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400 },
    view: { stroke: line },
  };

  return { style, reference, longestLabel, letter, figure, lineChart, heatmap, theme };
})();
