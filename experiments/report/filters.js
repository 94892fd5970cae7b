// Selects the backends, dtypes and lengths to show, and the condition of the charts, by check boxes and a list.
"use strict";
const attnlabFilters = (() => {
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  /// Fills `form` and calls `changed` after every change.
  const build = (form, model, changed) => {
    const found = (field) => [...new Set(model.cells.map((cell) => cell[field]))];
    const variantOf = new Map(model.cells.map(([series, variant]) => [series, variant]));
    const axes = [
      { title: "Series", one: "series", values: found(0).sort((a, b) => a - b), label: (series) => model.series[series] },
      { title: "Dtypes", one: "dtype", values: found(3), label: (dtype) => dtype },
      { title: "Lengths n", one: "length", values: found(4).sort((a, b) => a - b), label: (n) => String(n) },
      { title: "Variants", one: "variant", values: found(1).sort((a, b) => a - b), label: (variant) => model.variants[variant] },
    ];
    // A filter by variant is of use where several series have one variant.
    if (axes[3].values.length === 1 || axes[3].values.length === axes[0].values.length) axes.pop();
    const hidden = axes.map(() => new Set());
    const shows = (series, dtype, n) => !hidden[0].has(series) && !hidden[1].has(dtype) && (n === undefined || !hidden[2].has(n)) &&
      !hidden[3]?.has(variantOf.get(series));
    const summary = make("summary");
    const printed = make("p", { className: "printed" });
    form.after(printed);
    const say = () => {
      const parts = axes.map(({ title, values }, axis) => `${values.length - hidden[axis].size} of ${values.length} ${title.toLowerCase()}`);
      printed.hidden = hidden.every((set) => set.size === 0);
      summary.textContent = printed.hidden ? "Filters: all shown" : `Filters: ${parts.join(", ")} shown`;
      printed.textContent = summary.textContent;
    };
    const boxes = axes.map(({ title, values, label }, axis) => {
      const field = make("fieldset", {}, make("legend", { textContent: title }));
      const inputs = values.map((value) => {
        const input = make("input", { type: "checkbox", checked: true });
        input.addEventListener("change", () => { hidden[axis][input.checked ? "delete" : "add"](value); say(); changed(); });
        field.append(make("label", {}, input, ` ${label(value)}`), " ");
        return [input, value];
      });
      if (values.length > 3)
        for (const [text, checked] of [["all", true], ["none", false]]) {
          const button = make("button", { type: "button", className: "small", textContent: text });
          button.setAttribute("aria-label", `${text} ${title.toLowerCase()}`);
          button.addEventListener("click", () => {
            for (const [input, value] of inputs) { input.checked = checked; hidden[axis][checked ? "delete" : "add"](value); }
            say();
            changed();
          });
          field.append(button, " ");
        }
      return field;
    });
    say();
    const charted = found(2).sort((a, b) => a - b);
    const select = make("select", { id: "condition" }, ...charted.map((index) => make("option", { value: index, textContent: model.conditions[index] })));
    select.addEventListener("change", changed);
    if (charted.length > 1) form.append(make("p", { className: "controls" }, make("label", { htmlFor: "condition", textContent: "Charts under" }), " ", select));
    if (model.cells.length > 0)
      form.append(make("details", {}, summary, ...boxes, make("p", { className: "note", textContent: `Hidden rows are not exported. Rows over several lengths (fits, crossovers, the needle) always use all lengths${model.sections.comparison ? ", and B against A all cells" : ""}.` })));
    return {
      condition: () => (charted.length > 1 ? Number(select.value) : charted[0]),
      shows,
      /// Rows by their data-key: series, dtype and, for rows of one length, the length.
      apply: () => {
        for (const row of document.querySelectorAll("tr[data-key]")) {
          const [series, dtype, n] = row.dataset.key.split(" ");
          row.hidden = !shows(Number(series), dtype, n === undefined ? undefined : Number(n));
        }
      },
    };
  };
  return { build };
})();
