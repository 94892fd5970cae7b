// The functions that draw figures (elements.h). Each fills `target` with the data that its data-name names, using the
// tools of report.js.
"use strict";
const attnlabDrawers = (() => {
  const mostPanels = 12;  // panels of one figure; the filters select the others
  const noFigure = (target, { make }) => target.append(make("p", { className: "note", textContent: "No selected cell has this figure." }));
  const byDtype = (dtypes) => [...new Set(dtypes)].sort((a, b) => (b === "f32") - (a === "f32"));
  /// The first panels of a figure, and a note if there are more.
  const limited = (target, all, { make }) => {
    if (all.length > mostPanels) target.append(make("p", { className: "note wide", textContent: `The first ${mostPanels} of ${all.length} panels; the filters select others.` }));
    return all.slice(0, mostPanels);
  };

  /// A description for readers who cannot see the chart: both ends of each line.
  const inWords = (title, axis, drawn) => `${title}, ${axis}, against sequence length. ` + drawn.map(({ name, points }) =>
    `${name}: ${attnlabCharts.figure(points[0].value)} at n = ${points[0].n}` +
    (points.length > 1 ? `, ${attnlabCharts.figure(points.at(-1).value)} at n = ${points.at(-1).n}` : "")).join("; ") + ".";

  /// The lines of one panel: {name, label, detail, style, points}. `found`: [name, style, detail, points by n] in
  /// order. Letters are assigned by `names`, the names in all panels of one legend, since a panel may lack some.
  const labelled = (found, names) => {
    const lettered = names.some((name) => name.length > attnlabCharts.longestLabel);
    return found.map(([name, style, detail, points]) => ({
      name, detail, style,
      label: lettered ? attnlabCharts.letter(names.indexOf(name)) : name,
      points: [...points.values()].sort((a, b) => a.n - b.n),
    }));
  };

  const linesOf = (chart, dtype, { model, filters, cells, styleOf, firstSeries }) => {
    // Lines are identified by the index of their series, or of the first series with the variant.
    const lineOf = ({ series, variant }) => (chart.by_variant ? firstSeries.get(variant) : series);
    const nameOf = ({ series, variant }) => (chart.by_variant ? model.variants[variant] : model.series[series]);
    const names = [...new Set(cells().sort((a, b) => lineOf(a) - lineOf(b)).map(nameOf))];
    const found = new Map();
    for (const cell of cells((one) => one.dtype === dtype)) {
      const { index, series, n } = cell;
      const value = chart.values[index];
      if (value === null || (chart.scale === "log" && value <= 0)) continue;
      const which = lineOf(cell);
      if (!found.has(which)) {
        const exponent = chart.exponents?.[`${filters.condition()} ${dtype} ${series}`];
        found.set(which, [nameOf(cell), styleOf(which),
          exponent ? `n^${exponent[0].toFixed(2)} (${exponent[1].toFixed(2)} … ${exponent[2].toFixed(2)})` : "", new Map()]);
      }
      const points = found.get(which)[3];
      if (!points.has(n)) points.set(n, { n, value, low: chart.low?.[index], high: chart.high?.[index], formula: chart.formula?.[index], disturbed: chart.id === "time" && cell.disturbed });
    }
    const drawn = labelled([...found].sort((a, b) => a[0] - b[0]).map(([, line]) => line), names);
    const lengths = new Set(drawn.flatMap((line) => line.points.map((point) => point.n)));
    for (const { label, name, points, ...where } of model.references) {
      const shown = points.filter(([n]) => lengths.has(n)).map(([n, value]) => ({ n, value }));
      if (where.chart === chart.id && where.condition === filters.condition() && shown.length > 0)
        drawn.push({ name, label, detail: "", style: attnlabCharts.reference(label), points: shown });
    }
    return drawn;
  };

  const lines = async (target, tools) => {
    const { model, make, panel, embed, legendOf, cells } = tools;
    const chart = model.charts.find((one) => one.id === target.dataset.name);
    const here = byDtype(cells().map((cell) => cell.dtype));
    const several = here.length > 1;
    const legend = [];
    // All panels are made before the first drawing, because their number determines their width.
    const panels = [];
    for (const dtype of chart.by_variant ? here.slice(0, 1) : here) {
      const drawn = linesOf(chart, dtype, tools);
      if (drawn.length === 0) continue;
      for (const line of drawn) {
        const known = legend.find((one) => one.name === line.name);
        const detail = line.detail && several ? `${dtype} ${line.detail}` : line.detail;
        if (known) known.detail += detail ? `, ${detail}` : "";
        else legend.push({ ...line, detail });
      }
      panels.push([panel(target, several ? dtype : "", inWords(several ? `${chart.title}, ${dtype}` : chart.title, chart.axis, drawn)), drawn]);
    }
    if (panels.length === 0) { noFigure(target, tools); return; }
    // Charts by variant form a grid under one legend: that of the first chart, with the references. Each chart keeps
    // its own legend, hidden, for the export.
    const key = legendOf(legend);
    target.append(key);
    if (chart.by_variant) {
      key.hidden = true;
      const shared = document.getElementById("variants");
      if (shared.childElementCount === 0) shared.append(legendOf(legend));
    }
    if (panels.some(([, drawn]) => drawn.some((line) => line.points.some((point) => point.disturbed))))
      target.append(make("p", { className: "note wide", textContent: "Pale marks: disturbed cells; do not quote their times." }));
    const range = attnlabCharts.rangeOf(chart, panels.flatMap(([, drawn]) => drawn));
    for (const [drawing, drawn] of panels)
      await embed(drawing, attnlabCharts.lineChart(chart, drawn, range, drawing.clientWidth, chart.by_variant ? 200 : 230));
  };

  const ratios = async (target, tools) => {
    const { model, make, panel, embed, legendOf, filters } = tools;
    const { pairs, floor } = model.sections.comparison;
    const shown = pairs.filter(([name, condition, dtype, n]) => condition === filters.condition() &&
      ["A", "B"].some((run) => filters.shows(model.series.indexOf(`${run} ${name}`), dtype, n)));
    const chart = { title: "Time of B over time of A", axis: "time of B ÷ time of A", scale: "log", band: [1 / (1 + floor), 1 + floor] };
    const panels = [];
    let legend = [];
    const here = byDtype(shown.map((pair) => pair[2]));
    const names = [...new Set(shown.map(([name]) => name))];
    for (const dtype of here) {
      const found = new Map();
      for (const [name, , type, n, value, low, high] of shown) {
        if (type !== dtype) continue;
        if (!found.has(name)) found.set(name, [name, attnlabCharts.style(model.styles[model.series.indexOf(`A ${name}`)][0]), "", new Map()]);
        found.get(name)[3].set(n, { n, value, low, high });
      }
      const drawn = labelled([...found.values()], names);
      if (drawn.length > legend.length) legend = drawn;
      panels.push([panel(target, dtype, inWords(`${chart.title}, ${dtype}`, chart.axis, drawn)), drawn]);
    }
    if (panels.length === 0) { noFigure(target, tools); return; }
    target.append(legendOf(legend), make("p", { className: "note wide", textContent: `Below 1 B is faster. The band is the noise floor of ${attnlabCharts.figure(floor * 100)} %: an interval that reaches into it is neither FASTER nor SLOWER.` }));
    const range = attnlabCharts.rangeOf(chart, panels.flatMap(([, drawn]) => drawn));
    for (const [drawing, drawn] of panels) await embed(drawing, attnlabCharts.lineChart(chart, drawn, range, drawing.clientWidth, 230));
  };

  const samples = async (target, tools) => {
    const { model, panel, embed, cells, styleOf } = tools;
    const data = model.sections.samples;
    const shown = cells((cell) => data.cells[cell.index].some((list) => list.length));
    const dtypes = byDtype(shown.map((cell) => cell.dtype));
    const all = [...new Set(shown.map((cell) => cell.series))].sort((a, b) => a - b);
    if (all.length === 0) { noFigure(target, tools); return; }
    const values = shown.flatMap((cell) => data.cells[cell.index].flat());
    const band = [100 * (1 / (1 + data.floor) - 1), 100 * data.floor];
    const domain = [Math.max(-100, Math.min(-2, band[0], ...values) * 1.1), Math.max(2, band[1], ...values) * 1.1];
    const panels = limited(target, all, tools).map((series) => {
      const own = shown.filter((cell) => cell.series === series).sort((a, b) => a.n - b.n);
      const spread = own.map(({ index, n, dtype }) => {
        const [clean, disturbed] = data.cells[index];
        const both = [...clean, ...disturbed];
        return `${dtype} at n = ${n}: ${Math.min(...both)} to ${Math.max(...both)} %, ${disturbed.length} of ${both.length} disturbed`;
      });
      const title = dtypes.length > 1 ? `${model.series[series]}: at each n ${dtypes.join(", ")}, from the left` : model.series[series];
      return [panel(target, title, `Samples of ${model.series[series]}, percent above their median. ${spread.join("; ")}.`), own, series];
    });
    for (const [drawing, own, series] of panels)
      await embed(drawing, attnlabCharts.samplesChart(own.map((cell) => ({ ...cell, clean: data.cells[cell.index][0], disturbed: data.cells[cell.index][1] })),
        { dtypes, domain, band, colour: styleOf(series).colour }, drawing.clientWidth, 190));
  };

  const pareto = async (target, tools) => {
    const { model, make, panel, embed, legendOf, cells, styleOf } = tools;
    const of = (id) => model.charts.find((chart) => chart.id === id);
    const distance = { title: "distance", axis: "distance from exact, relative L2", scale: "log", values: model.sections.pareto.distance };
    const entropy = { ...of("normalised_entropy"), title: "entropy", axis: "entropy ÷ ln of visible keys" };
    const n = Math.max(...cells().map((cell) => cell.n));
    const shown = cells((cell) => cell.n === n);
    const dtypes = byDtype(shown.map((cell) => cell.dtype));
    const panels = [];
    for (const y of [distance, entropy])
      for (const x of [{ ...of("time"), title: "time" }, { ...of("memory"), title: "workspace" }]) {
        const points = shown.map(({ index, series, dtype }) => ({ name: model.series[series], dtype, x: x.values[index], y: y.values[index], series }))
          .filter((point) => point.x > 0 && point.y !== null && (y.scale !== "log" || point.y > 0));
        if (points.length === 0) continue;
        const best = attnlabCharts.frontier(points);
        const drawing = panel(target, `${y.title} against ${x.title}, n = ${n}`,
          `${y.title} against ${x.title} at n = ${n}. On the line: ${best.map((point) => `${point.name} ${point.dtype}`).join(", ")}.`);
        panels.push([drawing, points, best, x, y]);
      }
    if (panels.length === 0) { noFigure(target, tools); return; }
    const series = [...new Set(panels.flatMap(([, points]) => points.map((point) => point.series)))].sort((a, b) => a - b);
    const key = series.map((index) => ({ name: model.series[index], label: model.series[index], detail: "", style: { ...styleOf(index), dash: null } }));
    target.append(legendOf(key), make("p", { className: "note wide", textContent: dtypes.length > 1 ? `Filled: ${dtypes[0]}; hollow: ${dtypes.slice(1).join(", ")}.` : `All ${dtypes[0]}.` }));
    for (const [drawing, points, best, x, y] of panels)
      await embed(drawing, attnlabCharts.paretoChart(points.map((point) => ({ ...point, filled: point.dtype === dtypes[0] })), best, x, y, styleOf, model.series, drawing.clientWidth, 230));
  };

  let statistic = 0;
  const heads = async (target, tools) => {
    const { model, make, panel, embed, cells, redraw } = tools;
    const data = model.sections.heads;
    const select = make("select", { id: "statistic" }, ...data.statistics.map((title, index) => make("option", { value: index, textContent: title, selected: index === statistic })));
    select.addEventListener("change", () => { statistic = Number(select.value); redraw(target); });
    target.append(make("p", { className: "wide" }, make("label", { htmlFor: "statistic", textContent: "Mean over rows of" }), " ", select));
    const shown = new Map(cells().map((cell) => [cell.index, cell]));
    const rows = data.cells.filter(([index]) => shown.has(index)).map(([index, ...values]) => ({ ...shown.get(index), values: values[statistic] }));
    const points = rows.flatMap(({ variant, n, values }) => values.map((value, head) => ({ variant, n, head, value })).filter((point) => point.value !== null));
    const all = [...new Set(points.map((point) => point.variant))];
    if (all.length === 0) { noFigure(target, tools); return; }
    const panels = limited(target, all, tools).map((variant) => {
      const own = points.filter((point) => point.variant === variant);
      const last = own.filter((point) => point.n === Math.max(...own.map((one) => one.n))).map((point) => point.value);
      const drawing = panel(target, model.variants[variant], `${data.statistics[statistic]} of each head of ${model.variants[variant]}, at n = ${[...new Set(own.map((point) => point.n))].join(", ")}; at the largest from ${attnlabCharts.figure(Math.min(...last))} to ${attnlabCharts.figure(Math.max(...last))}.`);
      return [drawing, own];
    });
    const values = points.map((point) => point.value);
    const domain = [Math.min(...values), Math.max(...values)];
    for (const [drawing, own] of panels) await embed(drawing, attnlabCharts.headsChart(own, data.statistics[statistic], domain, drawing.clientWidth));
  };

  // Maps are for the input in their caption, independent of the condition.
  const heatmap = async (target, { model, panel, embed, filters }) => {
    const { maps, figures } = model.sections.weights;
    const shown = figures[target.dataset.name];
    const figure = target.closest("figure");
    figure.hidden = !filters.shows(...shown.cell);
    if (figure.hidden) return;
    const panels = ["exact", "variant", "difference"].map((which) => {
      const [title, place] = shown[which];
      const drawing = panel(target, title, `Map of attention weights, queries down and keys across: ${title}. The table below has its values.`, "");
      return [drawing, maps[place], which === "difference" ? which : "weight"];
    });
    const titles = { entropy: ["Entropy", "nats"], mean_distance: ["Distance from query to key", "keys"] };
    const profiles = Object.entries(shown.profiles).map(([name, profile]) => {
      const [title, unit] = titles[name];
      const ends = Object.entries(profile).map(([line, values]) => {
        const known = values.filter((value) => value !== null);
        return known.length ? `${line} from ${attnlabCharts.figure(known[0])} to ${attnlabCharts.figure(known.at(-1))}` : `${line}: no row sees a key`;
      });
      const drawing = panel(target, `${title} by query: variant solid, exact dashed`,
        `${title} of the attention weights from the first queries to the last, ${unit}: ${ends.join("; ")}.`, "");
      return [drawing, profile, unit];
    });
    for (const [drawing, map, kind] of panels) await embed(drawing, attnlabCharts.heatmap(map, kind, shown.bins, shown.queries, shown.keys, drawing.clientWidth));
    for (const [drawing, profile, unit] of profiles) await embed(drawing, attnlabCharts.profileChart(profile, unit, shown.queries, drawing.clientWidth, 150));
  };

  return { lines, ratios, samples, pareto, heads, heatmap };
})();
