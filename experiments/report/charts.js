// Makes Vega-Lite specifications from the model of charts.cpp. Colours are CSS variables, so that charts follow the
// colour scheme of the page (dark, light or print) without being drawn again.
"use strict";
const attnlabCharts = (() => {
  // Series differ in dash and shape as well as in colour. Shapes are paths in a square from -1 to 1, for charts and
  // legends.
  const colours = 8;
  const dashes = [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 2], [12, 3], [5, 2, 1, 2, 1, 2]];
  const shapes = [
    "M0,-1A1,1,0,1,1,0,1A1,1,0,1,1,0,-1Z", "M-.85,-.85H.85V.85H-.85Z", "M0,-1.1L1,.8H-1Z", "M0,-1.2L.9,0L0,1.2L-.9,0Z",
    "M0,1.1L1,-.8H-1Z", "M-1,-.35H-.35V-1H.35V-.35H1V.35H.35V1H-.35V.35H-1Z", "M-1.1,0L.8,-1V1Z", "M1.1,0L-.8,-1V1Z",
  ];
  /// The second of two runs is dashed. When colours repeat, shapes differ.
  const style = (index, run) => ({
    colour: `var(--series-${index % colours})`,
    dash: run === undefined ? dashes[index % dashes.length] : run === 0 ? [1, 0] : [5, 4],
    shape: shapes[(index + Math.floor(index / colours)) % shapes.length],
  });
  /// Styles of reference lines (reference_lines.cpp) by label: dashes without marks.
  const reference = (label) => ({ colour: "var(--soft)", dash: { uniform: [2, 4], law: [8, 4], bound: [8, 3, 2, 3] }[label], shape: null });

  const weightDomain = [0.01, 100];  // range of heatmaps, in weight × n
  const axisRoom = 70;  // pixels left of a heatmap for its axis
  const longestLabel = 18;  // longest name beside a line, in characters; longer names get a letter, and the legend has the name
  const labelHeight = 15;  // of the names beside lines, in pixels
  const letter = (index) => (index < 26 ? String.fromCharCode(65 + index) : String(index + 1));
  const figure = (value) => (value === 0 ? "0" : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

  /// Ticks with labels at 1, 10, 100 …, with more between them if that makes fewer than three; minor ticks without
  /// labels at the other multiples; on shorter scales the ticks of Vega.
  const logTicks = ([low, high]) => {
    const ticksAt = (steps) => {
      const ticks = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
        for (const step of steps) {
          const tick = Number((step * 10 ** power).toPrecision(1));
          if (tick >= low && tick <= high) ticks.push(tick);
        }
      return ticks;
    };
    const minor = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    for (const steps of [[1], [1, 2, 5], minor]) {
      const labelled = ticksAt(steps);
      if (labelled.length < 3) continue;
      const isMajor = `indexof(${JSON.stringify(labelled)}, datum.value) >= 0`;
      return { values: high / low < 1e6 ? ticksAt(minor) : labelled, labelExpr: `${isMajor} ? format(datum.value, ".3~r") : ""`,
        tickSize: { condition: { test: isMajor, value: 6 }, value: 3 }, gridOpacity: { condition: { test: isMajor, value: 1 }, value: 0 } };
    }
    return { tickCount: 5, format: ".3~r" };
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

  const schema = "https://vega.github.io/schema/vega-lite/v6.json";
  const padding = { left: 2, right: 4, top: 6, bottom: 2 };

  /// The least and the largest value of lines with their intervals and the band.
  const rangeOf = (chart, lines) => {
    const values = [...lines.flatMap((line) => line.points.flatMap((point) => [point.value, point.low ?? point.value, point.high ?? point.value])), ...(chart.band ?? [])];
    return [Math.min(...values), Math.max(...values)];
  };

  /// `lines`: {name, label, style, points: [{n, value}]}. Points may have an interval, `low` and `high`, and a
  /// `formula`; then the line follows the formula; those of disturbed cells are pale. `chart.band`: the range of the noise floor. `low`, `high`: the range
  /// of the axis, one for all panels of a figure.
  const lineChart = (chart, lines, [low, high], width, height) => {
    const all = lines.flatMap((line) => line.points);
    const isLog = chart.scale === "log";
    const domain = isLog ? [low / (chart.band ? 1.05 : 1.4), high * (chart.band ? 1.05 : 1.4)] : [0, high * 1.08 || 1];
    const ends = lines.map((line) => line.points.at(-1));
    const heights = spread(ends.map((end) => end.value), chart.scale, domain, height, labelHeight);
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
      scale: { type: chart.scale, domain, nice: false },
      axis: isLog ? logTicks(domain) : { format: ".3~r", tickCount: 5 },
    };
    const marked = new Set(lines.filter((line) => line.style.shape).map((line) => line.name));
    const points = lines.flatMap((line) => line.points.map((point) => ({ line: line.name, ...point })));
    // With more lines than names fit one above the other, the legend alone has the names.
    const labels = lines.length * labelHeight > height ? [] : lines.map((line, index) => ({ line: line.name, label: line.label, ...ends[index], at: heights[index] }));
    const traced = points.map((point) => ({ ...point, value: point.formula ?? point.value }));
    const intervals = points.filter((point) => typeof point.low === "number" && typeof point.high === "number");
    const bars = intervals.length > 0 ? [{ data: { values: intervals }, mark: { type: "errorbar", ticks: { size: 9, thickness: 1.5 }, rule: { size: 1.5 } },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } } }] : [];
    const band = chart.band ? [{ data: { values: [{ from: chart.band[0], to: chart.band[1] }] }, mark: { type: "rect", color: "var(--soft)", opacity: 0.18 },
      encoding: { color: { value: "var(--soft)" }, x: { value: 0 }, x2: { value: "width" }, y: { ...y, field: "from" }, y2: { field: "to" } } }] : [];
    return {
      $schema: schema,
      width, height, autosize: { type: "fit-x", contains: "padding" }, padding,
      encoding: { color: colour },
      layer: [
        ...band,
        { data: { values: labels }, mark: { type: "rule", strokeWidth: 1, strokeDash: [1, 3], opacity: 0.8 },
          encoding: { x, x2: { value: "width" }, y, y2: { field: "at" } } },
        { data: { values: traced }, mark: { type: "line", strokeWidth: 2 },
          encoding: { x, y, strokeDash: scale(lines.map((line) => line.style.dash)) } },
        ...bars,
        { data: { values: points.filter((point) => marked.has(point.line)) }, mark: { type: "point", filled: true, size: 62 },
          encoding: { x, y, opacity: { condition: { test: "datum.disturbed", value: 0.3 }, value: 1 }, shape: scale(lines.map((line) => line.style.shape ?? shapes[0])),
            tooltip: [{ field: "line", title: "line" }, { field: "n" }, { field: "value", title: chart.axis, format: ".4~g" }] } },
        { data: { values: labels }, mark: { type: "text", align: "left", baseline: "middle", dx: 6, fontSize: 12, fontWeight: 500 },
          encoding: { x: { value: "width" }, y: { ...y, field: "at" }, text: { field: "label" } } },
      ],
    };
  };

  /// Samples of one series: at each n a strip for each dtype, in percent above the median. `band`: the noise floor in
  /// percent.
  const samplesChart = (cells, { dtypes, domain, band, colour }, width, height) => {
    const of = (kind) => cells.flatMap((cell) => cell[kind].map((value) => ({ n: cell.n, dtype: cell.dtype, value })));
    const lengths = [...new Set(cells.map((cell) => cell.n))];
    const ticks = [-10000, -1000, -100, -10, -1, 0, 1, 10, 100, 1000, 10000, 100000].filter((tick) => tick >= domain[0] && tick <= domain[1]);
    const x = { field: "n", type: "ordinal", title: "sequence length n", scale: { domain: lengths, paddingInner: 0.25 }, axis: { labelAngle: 0, labelOverlap: "greedy", labelSeparation: 4, grid: false } };
    const xOffset = { field: "dtype", type: "nominal", scale: { domain: dtypes } };
    const y = { field: "value", type: "quantitative", title: "% above the median", scale: { type: "symlog", constant: 1, domain, nice: false }, axis: { values: ticks, format: "d" } };
    const tooltip = [{ field: "dtype" }, { field: "n" }, { field: "value", title: "% above the median" }];
    return {
      $schema: schema,
      width, height, autosize: { type: "fit-x", contains: "padding" }, padding,
      layer: [
        { data: { values: [{ from: band[0], to: band[1] }] }, mark: { type: "rect", color: "var(--soft)", opacity: 0.18 },
          encoding: { x: { value: 0 }, x2: { value: "width" }, y: { ...y, field: "from" }, y2: { field: "to" } } },
        { data: { values: of("clean") }, mark: { type: "point", shape: "stroke", size: 90, strokeWidth: 1.5, opacity: 1, color: colour }, encoding: { x, xOffset, y, tooltip } },
        { data: { values: of("disturbed") }, mark: { type: "point", shape: "M-1,-1L1,1M1,-1L-1,1", size: 26, strokeWidth: 1.2, opacity: 0.8, color: "var(--caution)" }, encoding: { x, xOffset, y, tooltip } },
      ],
    };
  };

  /// The points that no other point beats on both axes, ordered by x.
  const frontier = (points) => {
    const best = [];
    for (const point of [...points].sort((a, b) => a.x - b.x || a.y - b.y))
      if (best.length === 0 || point.y < best.at(-1).y) best.push(point);
    return best;
  };

  /// `points`: {name, dtype, series, filled, x, y}; `x` and `y`: {axis, scale}.
  const paretoChart = (points, best, x, y, styleOf, names, width, height) => {
    const axis = ({ axis: title, scale }, field) => {
      const values = points.map((point) => point[field]);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const domain = scale === "log" ? [low / 1.6, high * 1.6] : [Math.max(0, low - 0.1 * (high - low || 1)), high + 0.1 * (high - low || 1)];
      const ticks = scale === "log" && high / low > 1e4 ? { tickCount: 4, format: ".0e" } : scale === "log" ? logTicks(domain) : { tickCount: 5, format: ".3~r" };
      return { field, type: "quantitative", title, scale: { type: scale, domain, nice: false }, axis: { ...ticks, labelOverlap: "greedy", labelSeparation: 4 } };
    };
    const used = [...new Set(points.map((point) => point.series))];
    const scale = (pick) => ({ field: "name", type: "nominal", legend: null, scale: { domain: used.map((series) => names[series]), range: used.map((series) => styleOf(series)[pick]) } });
    const encoding = { x: axis(x, "x"), y: axis(y, "y") };
    const tooltip = [{ field: "name", title: "backend" }, { field: "dtype" }, { field: "x", title: x.axis, format: ".4~g" }, { field: "y", title: y.axis, format: ".4~g" }];
    const layer = (filled) => ({ data: { values: points.filter((point) => point.filled === filled) }, mark: { type: "point", filled, size: 80, strokeWidth: 2, opacity: 1 },
      encoding: { ...encoding, color: scale("colour"), shape: scale("shape"), tooltip } });
    return {
      $schema: schema,
      width, height, autosize: { type: "fit-x", contains: "padding" }, padding,
      layer: [
        { data: { values: best }, mark: { type: "line", strokeWidth: 1.5, strokeDash: [2, 3], color: "var(--soft)", interpolate: "step-after" }, encoding },
        layer(true), layer(false),
      ],
    };
  };

  /// `points`: {n, head, value} of one variant. `domain`: the range of the colours, one for all panels.
  const headsChart = (points, title, domain, width) => {
    const lengths = [...new Set(points.map((point) => point.n))].sort((a, b) => a - b);
    const count = Math.max(...points.map((point) => point.head)) + 1;
    return {
      $schema: schema,
      width, height: Math.max(60, Math.min(count * 18, 420)), autosize: { type: "fit-x", contains: "padding" }, padding,
      data: { values: points },
      mark: { type: "rect", stroke: null },
      encoding: {
        x: { field: "n", type: "ordinal", title: "sequence length n", scale: { domain: lengths, padding: 0 }, axis: { labelAngle: 0, labelOverlap: "greedy", labelSeparation: 4, grid: false } },
        y: { field: "head", type: "ordinal", title: "head", scale: { padding: 0 }, axis: { labelOverlap: "greedy", labelSeparation: 2, grid: false } },
        color: { field: "value", type: "quantitative", title: null, scale: { scheme: "viridis", domain, nice: false, zero: false }, legend: { orient: "bottom", direction: "horizontal", gradientThickness: 10, gradientLength: Math.min(220, width - 60), format: ".3~r" } },
        tooltip: [{ field: "n" }, { field: "head" }, { field: "value", title, format: ".4~g" }],
      },
    };
  };

  /// Draws the bins as a picture of `size` pixels a side; as SVG rectangles they would be 16 000 elements. `map` has a
  /// character for each bin (chart_data.h). Bins without weight are grey, since the ends of the scales are as dark as a
  /// dark page and as light as a light one.
  const paint = (map, bins, size, colour) => {
    const levels = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const context = canvas.getContext("2d");
    context.fillStyle = "#d0d0d0";
    context.fillRect(0, 0, size, size);
    const side = size / bins;
    for (let at = 0; at < map.length; ++at) {
      const level = levels.indexOf(map[at]);
      if (level < 0) continue;
      context.fillStyle = colour(level / (levels.length - 1));
      context.fillRect((at % bins) * side, Math.floor(at / bins) * side, side, side);
    }
    return canvas.toDataURL();
  };

  /// Scales of maps of weights and of maps of the change from exact to variant (heatmap/colours.h).
  const mapScales = {
    weight: { colour: vega.scheme("viridis"), title: "weight × n", scale: { type: "log", domain: weightDomain, clamp: true, scheme: "viridis" }, values: [0.01, 0.1, 1, 10, 100] },
    difference: { colour: (level) => vega.scheme("redblue")(1 - level), title: "change of weight × n",
      scale: { type: "symlog", constant: weightDomain[0], domain: [-weightDomain[1], weightDomain[1]], clamp: true, scheme: "redblue", reverse: true }, values: [-100, -1, 0, 1, 100] },
  };

  /// One map in `room` pixels. Bins are whole pixels, because fractions leave gaps.
  const heatmap = (map, kind, bins, queries, keys, room) => {
    const { colour, title, scale, values } = mapScales[kind];
    const size = Math.max(1, Math.floor(Math.min(room - axisRoom, 400) / bins)) * bins;
    const axis = (field, length, reverse) => ({
      field, type: "quantitative", scale: { domain: [0, length], nice: false, reverse }, axis: { grid: false, format: "d", tickCount: 4 },
    });
    return {
      $schema: schema,
      width: size, height: size, padding: 4,
      data: { values: [{ key: 0, query: 0, weight: 1, picture: paint(map, bins, size, colour) }] },
      layer: [
        { mark: { type: "image", width: size, height: size, align: "left", baseline: "top", tooltip: false },
          encoding: { x: { value: 0 }, y: { value: 0 }, url: { field: "picture" } } },
        { mark: { type: "point", opacity: 0 },  // invisible, for the axes and the legend
          encoding: {
            x: axis("key", keys, false), y: axis("query", queries, true),
            color: {
              field: "weight", type: "quantitative", title, scale,
              legend: { orient: "bottom", direction: "horizontal", gradientLength: size - 100, gradientThickness: 10, gradientOpacity: 1, format: ".3~r", values },
            },
          } },
      ],
    };
  };

  /// Means over the rows of each bin of queries. `profile`: lists for variant and exact; null if no row sees a key.
  const profileChart = (profile, axis, queries, width, height) => {
    const points = Object.entries(profile).flatMap(([line, values]) => values.map((value, bin) => ({ line, query: ((bin + 0.5) * queries) / values.length, value })));
    const of = (range) => ({ field: "line", type: "nominal", legend: null, scale: { domain: ["variant", "exact"], range } });
    return {
      $schema: schema,
      width, height, autosize: { type: "fit-x", contains: "padding" }, padding,
      data: { values: points },
      mark: { type: "line", strokeWidth: 1.8, invalid: "break-paths-filter-domains" },
      encoding: {
        x: { field: "query", type: "quantitative", title: "query", scale: { domain: [0, queries], nice: false }, axis: { format: "d", tickCount: 4 } },
        y: { field: "value", type: "quantitative", title: axis, scale: { zero: true }, axis: { format: ".3~r", tickCount: 4 } },
        color: of(["var(--series-1)", "var(--soft)"]), strokeDash: of([[1, 0], [6, 3]]),
      },
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

  return { style, reference, longestLabel, letter, figure, rangeOf, lineChart, samplesChart, frontier, paretoChart, headsChart, heatmap, profileChart, theme };
})();
