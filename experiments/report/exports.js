// Exports tables as LaTeX, Markdown and CSV, with the rows that the filters show and the text of `attnlab report
// --format`; exports figures as one SVG in the colours of print.
"use strict";
const attnlabExports = (() => {
  const { escapes, missing } = JSON.parse(document.getElementById("model").textContent);
  const escaper = (table) => (text) => {
    let out = "";
    for (const sign of text) out += table[sign] ?? sign;
    return out;
  };
  const markdown = escaper(escapes.markdown);
  const latex = escaper(escapes.latex);
  const isFormula = (text) => /^[=+@\t\r]/.test(text) || (/^-/.test(text) && Number.isNaN(Number(text)));
  const csv = (text) => {
    const shown = isFormula(text) ? `'${text}` : text;
    return /[",\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
  };

  /// Reads an element as {id, caption, note, columns: [{title, name, numeric}], rows: [[{text, raw, why}]], reasons}.
  const read = (element) => {
    const note = element.closest(".scroll").nextElementSibling;
    const table = {
      id: element.id.replace(/^table-/, ""),
      caption: element.caption.textContent,
      note: note?.dataset.note ?? "",
      columns: JSON.parse(element.dataset.columns).map(([title, name, numeric, highName]) => ({ title, name, numeric, highName })),
      rows: [...element.tBodies[0].rows].filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => {
        const why = cell.querySelector("abbr")?.title ?? "";
        const text = why ? missing : cell.textContent.replace(/\n$/, "");
        return { text, raw: cell.dataset.raw ?? text, high: cell.dataset.high ?? "", why };
      })),
    };
    table.reasons = [...new Set(table.rows.flat().map((cell) => cell.why).filter((why) => why))];
    return table;
  };
  const letter = (table, why) => {
    const index = table.reasons.indexOf(why);
    return index < 26 ? String.fromCharCode(97 + index) : String(index + 1);
  };
  const legend = (table) => [table.note, ...table.reasons.map((why) => `${missing} ${letter(table, why)}: ${why}.`)].filter((text) => text).join(" ");

  const formats = {
    latex: (table) => {
      const cell = (value) => (value.why ? `--\\textsuperscript{${letter(table, value.why)}}` : latex(value.text));
      const line = (cells, show) => `${cells.map(show).join(" & ")} \\\\\n`;
      const below = legend(table);
      return `% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{${latex(table.caption)}}\n\\label{tab:${table.id}}\n` +
        `\\begin{tabular}{${table.columns.map((column) => (column.numeric ? "r" : "l")).join("")}}\n\\toprule\n` +
        `${line(table.columns, (column) => latex(column.title))}\\midrule\n${table.rows.map((row) => line(row, cell)).join("")}` +
        `\\bottomrule\n\\end{tabular}\n${below ? `\n\\smallskip{\\footnotesize ${latex(below)}\\par}\n` : ""}\\end{table}\n\n`;
    },
    md: (table) => {
      const cell = (value) => (value.why ? `${missing} ${letter(table, value.why)}` : markdown(value.text));
      const below = legend(table);
      return `## ${markdown(table.caption)}\n\n| ${table.columns.map((column) => markdown(column.title)).join(" | ")} |\n|` +
        `${table.columns.map((column) => (column.numeric ? "---:|" : "---|")).join("")}\n` +
        `${table.rows.map((row) => `| ${row.map(cell).join(" | ")} |\n`).join("")}${below ? `\n${markdown(below)}\n\n` : "\n"}`;
    },
    csv: (table) => {
      const name = (column) => csv(column.name) + (column.highName ? `,${csv(column.highName)}` : "");
      const line = (row) => row.map((value, at) => (value.why ? "" : csv(value.raw)) + (table.columns[at].highName ? `,${csv(value.high)}` : "")).join(",");
      return `${table.columns.map(name).join(",")}\r\n${table.rows.map((row) => `${line(row)}\r\n`).join("")}`;
    },
  };

  const save = (name, type, text) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  /// Values of the CSS variables in print, since an exported file has no style sheet.
  const printed = () => {
    const found = {};
    for (const rule of document.styleSheets[0].cssRules)
      if (rule instanceof CSSMediaRule && rule.media.mediaText === "print")
        for (const inner of rule.cssRules)
          if (inner.selectorText === ":root") for (const name of inner.style) found[name] = inner.style.getPropertyValue(name).trim();
    return found;
  };
  const xml = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

  const ruler = document.createElement("canvas").getContext("2d");

  /// One SVG with the caption of a figure, its panels in rows with their titles, then notes and legend. `drawn` maps
  /// each element with a drawing to its view.
  const figureSvg = async (figure, drawn) => {
    const fonts = "system-ui, DejaVu Sans, sans-serif";
    const rowHeight = 18;
    let body = "";
    let [left, top, right, bottom] = [0, 28, 0, 28];
    const write = (text, x, y, size, weight) => {
      ruler.font = `${weight} ${size}px ${fonts}`;
      right = Math.max(right, x + ruler.measureText(text).width + 4);
      body += `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}">${xml(text)}</text>`;
    };
    write(figure.querySelector("figcaption").textContent, 4, 18, 15, 600);
    for (const panel of figure.querySelectorAll(".panel")) {
      const drawing = panel.querySelector(".chart");
      if (!drawn.has(drawing)) continue;
      const svg = await drawn.get(drawing).toSVG();
      const [wide, high] = svg.match(/^<svg[^>]*? width="([\d.]+)" height="([\d.]+)"/).slice(1).map(Number);
      if (left > 0 && left + wide > 1200) [left, top] = [0, bottom + 12];
      const title = panel.querySelector(".panel-title")?.textContent ?? "";
      write(title, left + 4, top + 14, 13, 600);
      body += svg.replace("<svg", `<svg x="${left}" y="${top + 22}"`);
      left += wide + 16;
      right = Math.max(right, left);
      bottom = Math.max(bottom, top + high + 22);
    }
    for (const item of figure.querySelectorAll(".legend li, .panels > .note")) {
      bottom += rowHeight;
      const swatch = item.querySelector("svg");
      if (swatch) body += `<g transform="translate(24,${bottom - 5})">${swatch.innerHTML}</g>`;
      write(item.textContent, swatch ? 52 : 4, bottom, 12, 400);
    }
    const colours = printed();
    return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${Math.ceil(right)}" height="${Math.ceil(bottom + 8)}" ` +
      `font-family="${fonts}" fill="${colours["--ink"]}">${body}</svg>\n`.replace(/var\((--[\w-]+)\)/g, (_, name) => colours[name] ?? "#000");
  };

  return { read, formats, save, figureSvg, csv };
})();
