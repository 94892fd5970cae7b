#!/usr/bin/env bash
# The report in headless Chromium: every chart drawn, no error on the page, no request, and a hostile name stays text.
# Exit status 77 (skipped) if no chromium runs.
set -euo pipefail
chromium=$(command -v chromium || command -v google-chrome || true)
if [ -z "$chromium" ] || ! timeout 60 "$chromium" --version > /dev/null 2>&1; then
  echo "skipped: no chromium on this machine"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Two inputs, which the page must keep apart; two heads, for a map of heads.
"$ATTNLAB_COMMAND" sweep --backend full,chunked,window,sparse --pattern 'causal' --dtype f32,bf16 --seqlen 128:1024:x2 \
  --input 'gaussian(1),needle(6)' --heads 2 --rounds 2 --max-rounds 2 --min-time 0.001 --out "$work/run" > /dev/null 2>&1
# One failed cell, and one cell whose name tries to end the script element around it.
head -n 1 "$work/run/records.jsonl" |
  sed 's/"status":"ok","reason":null/"status":"timeout","reason":"<\/script><script>alert(1)<\/script>"/' >> "$work/run/records.jsonl"
head -n 2 "$work/run/records.jsonl" | tail -n 1 |
  sed 's/"variant":"[^"]*"/"variant":"<\/script><script>document.documentElement.dataset.hostile=1<\/script>"/' >> "$work/run/records.jsonl"
"$ATTNLAB_COMMAND" report "$work/run" > /dev/null

failed=0
check() { # NAME PATTERN: checks that the page's <html …> matches PATTERN
  if grep -qE "$2" <<< "$page"; then echo "ok: $1"; else echo "FAILED: $1 in ${page:-a page that never finished}"; failed=1; fi
}
escaped() { sed 's/&/\&amp;/g; s/"/\&quot;/g; s/</\&lt;/g' "$1"; }
for format in md latex; do "$ATTNLAB_COMMAND" report "$work/run" --format $format > "$work/tables.$format"; done
"$ATTNLAB_COMMAND" report "$work/run" --format csv --out "$work/csv" > /dev/null
cat "$work"/csv/*.csv > "$work/tables.csv"
tables=$(grep -c "^## " "$work/tables.md")
# Chromium's window has at least 500 pixels, so the page is loaded into a frame of the same origin. When the page is drawn, every
# export is compared with that of the command, and a filter is set.
framed() { # WIDTH
  echo "<!doctype html><iframe style='width:$1px;height:900px' srcdoc=\"$(escaped "$work/run/report.html")\"></iframe>"
  for format in md csv latex; do echo "<pre hidden id=$format>$(escaped "$work/tables.$format")</pre>"; done
  cat << 'SCRIPT'
<script>
    const frame = document.querySelector("iframe");
    const inner = () => frame.contentDocument?.documentElement;
    const plain = (text) => text.replaceAll("\r", "");
    // Clicks an export button and returns the text that it would save.
    const exported = (button) => new Promise((resolve) => {
      frame.contentWindow.Blob = function (parts) { resolve(parts.join("")); };
      frame.contentWindow.URL.createObjectURL = () => "#";
      button.click();
    });
    const redrawn = async (change) => {
      delete inner().dataset.charts;
      change();
      while (inner().dataset.charts === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
    };
    // The figures of a folded section are drawn when it is opened.
    const openAll = async () => {
      const page = inner();
      for (const details of page.querySelectorAll("main details")) details.open = true;
      const ready = () => [...page.querySelectorAll("[data-draw]")].every((target) => target.dataset.drawn === "true") &&
        [...page.querySelectorAll(".panel .chart")].every((chart) => chart.querySelector("svg"));
      for (let calm = 0; calm < 5; calm = ready() ? calm + 1 : 0) await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const tryOut = async () => {
      const page = inner();
      frame.contentWindow.HTMLAnchorElement.prototype.click = () => {};
      const differing = [];
      let tables = 0;
      for (const table of page.querySelectorAll(".scroll > table:not([id^=table-heatmap])")) {
        ++tables;
        for (const button of table.parentElement.previousElementSibling.querySelectorAll("button")) {
          const format = { LaTeX: "latex", Markdown: "md", CSV: "csv" }[button.textContent];
          // The shell removes line ends at the end of the element's text.
          const text = plain(await exported(button)).replace(/^% needs.*\n/, "").trimEnd();
          if (!plain(document.getElementById(format).textContent).includes(text)) differing.push(`${table.id} ${format}`);
        }
      }
      const badSvg = [];
      for (const button of page.querySelectorAll("figure .exports button"))
        if (button.textContent === "SVG" && button.getClientRects().length > 0) {
          const text = await exported(button);
          const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
          const figure = button.closest("figure");
          const key = [...figure.querySelectorAll(".legend li")].map((item) => item.textContent);
          const unsaid = [figure.querySelector("figcaption").textContent, ...key].some((one) => !parsed.documentElement.textContent.includes(one));
          if (parsed.querySelector("parsererror") || text.includes("var(") || parsed.querySelectorAll("path, image").length === 0 ||
            unsaid || (key.length === 0 && figure.matches(".grid figure"))) badSvg.push(`${button.closest("figure").id}: ${parsed.querySelector("parsererror")?.textContent ?? text.slice(0, 200)}`.replace(/[<>]/g, "|"));
        }
      const statistics = page.querySelector("#statistic");
      statistics.focus();
      statistics.dispatchEvent(new Event("change"));
      await new Promise((resolve) => setTimeout(resolve, 100));
      const focused = !statistics.isConnected && frame.contentDocument.activeElement.id === "statistic";
      const rows = page.querySelectorAll("#table-time tr[data-key]").length;
      await redrawn(() => page.querySelector("#filters input").click());
      const left = page.querySelectorAll("#table-time tr[data-key]:not([hidden])").length;
      const series = (which) => redrawn(() => page.querySelector(`#filters [aria-label="${which} series"]`).click());
      // Number of lines of cells.csv, of rows with variants, of maps.
      const counts = async () => [
        plain(await exported(page.querySelector("[data-download=cells]"))).trim().split("\n").length - 1,
        ...["[data-columns*='\"variant\"'] tbody tr", "#weights figure"].map((some) => [...page.querySelectorAll(some)].filter((one) => !one.hidden).length),
      ];
      const saysSo = () => !page.querySelector(".printed").hidden;
      await series("none");
      const hidden = saysSo() && (await counts()).every((count) => count === 0);
      await series("all");
      const shown = !saysSo() && (await counts()).every((count) => count > 0);
      const closed = page.querySelector("main details");
      closed.open = false;
      frame.contentWindow.dispatchEvent(new Event("beforeprint"));
      const keepsFolds = !closed.open && page.querySelectorAll("main details:not([open])").length === 1;
      closed.open = true;
      await openAll();
      // On paper a section is left out if it is folded as a whole; a folded table within it hides that table alone.
      for (const details of page.querySelectorAll("main details")) details.open = false;
      const rules = [...frame.contentDocument.styleSheets].flatMap((sheet) => [...sheet.cssRules])
        .filter((rule) => rule.media?.mediaText === "print").flatMap((rule) => [...rule.cssRules]);
      const leftOut = rules.filter((rule) => rule.style?.display === "none").map((rule) => rule.selectorText).join(", ");
      const sections = [...page.querySelectorAll("main section:not(#data)")];
      const printsOpen = sections.length > 5 && sections.every((section) => section.matches(leftOut) === (section.querySelector(":scope > details > summary > h2") !== null));
      await openAll();
      // The caption of a table says that it has columns to the right or rows below.
      const hinted = [...page.querySelectorAll(".scroll")].filter((scroll) => scroll.clientWidth > 0).every((scroll) => {
        const said = page.querySelector(`.caption[data-of="${scroll.firstElementChild.id}"]`)?.dataset.more ?? "";
        return said.includes("columns") === scroll.scrollWidth > scroll.clientWidth + 1 && said.includes("rows") === scroll.scrollHeight > scroll.clientHeight + 1;
      });
      const condition = page.querySelector("#condition");
      condition.selectedIndex = 1;
      await redrawn(() => condition.dispatchEvent(new Event("change")));
      const panels = [...page.querySelectorAll(":not([data-draw=heatmap]) > .panel")];
      const saying = panels.filter((panel) => [panel.textContent, panel.querySelector(".chart").getAttribute("aria-label")].every((text) => text.includes("needle(6)")));
      const conditionSaid = panels.length > 0 && saying.length === panels.length;
      Object.assign(document.documentElement.dataset, { tables, differing: differing.join("; "), badSvg: badSvg.join("; "), focused, conditionSaid, hides: hidden && shown, folds: keepsFolds, printsOpen, hinted, filtered: left > 0 && left < rows });
    };
    const timer = setInterval(async () => {
      if (inner()?.dataset.charts === undefined) return;
      clearInterval(timer);
      const first = inner().querySelector("#chart-time .chart").getBoundingClientRect();
      const screens = { height: inner().scrollHeight, firstChart: Math.round(first.top) };
      await openAll();
      delete inner().dataset.charts;
      inner().querySelector("#condition").dispatchEvent(new Event("change"));
      while (inner().dataset.charts === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
      Object.assign(document.documentElement.dataset, inner().dataset, screens, { width: frame.contentWindow.innerWidth });
      await tryOut();
      document.documentElement.dataset.errors = inner().dataset.errors;
    }, 100);
</script>
SCRIPT
}
for scheme in 0 1; do
  for width in 400 1280; do
    framed "$width" > "$work/framed.html"
    page=$(timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
      --disable-background-networking --disable-component-update --enable-logging=stderr --user-data-dir="$work/profile" \
      --window-size=1400,1000 --blink-settings=preferredColorScheme=$scheme --virtual-time-budget=60000 \
      --dump-dom "file://$work/framed.html" 2> "$work/console" | grep -oE '<html[^>]*data-errors[^>]*>' | head -n 1 || true)
    check "as wide as asked (scheme $scheme, $width pixels)" "data-width=\"$width\""
    if [ "$width" -eq 1280 ]; then
      check "at most 5000 pixels before anything is opened (scheme $scheme)" 'data-height="([1-4]?[0-9]{3}|5000)"'
      check "the chart of time is on the first screen (scheme $scheme)" 'data-first-chart="[1-6]?[0-9]{2}"'
    fi
    check "every chart drawn (scheme $scheme, $width pixels)" 'data-charts="([0-9]+)/\1"'
    check "more than six charts (scheme $scheme, $width pixels)" 'data-charts="([7-9]|[1-9][0-9])/'
    check "no chart is clipped (scheme $scheme, $width pixels)" 'data-clipped="0"'
    check "both inputs can be chosen (scheme $scheme, $width pixels)" 'data-conditions="2"'
    check "every chart says what it shows, as one image (scheme $scheme, $width pixels)" 'data-unnamed="0"'
    check "exports of tables are the command's (scheme $scheme, $width pixels)" "data-tables=\"$tables\".*data-differing=\"\""
    check "charts export as SVG, with caption and key (scheme $scheme, $width pixels)" 'data-bad-svg=""'
    check "a list that draws anew keeps the focus (scheme $scheme, $width pixels)" 'data-focused="true"'
    check "hidden rows are not exported, and print says what is hidden (scheme $scheme, $width pixels)" 'data-hides="true"'
    check "print opens nothing that was closed (scheme $scheme, $width pixels)" 'data-folds="true"'
    check "print leaves out no open section (scheme $scheme, $width pixels)" 'data-prints-open="true"'
    check "captions say that rows or columns are out of sight (scheme $scheme, $width pixels)" 'data-hinted="true"'
    check "charts name their input (scheme $scheme, $width pixels)" 'data-condition-said="true"'
    check "a filter leaves rows out (scheme $scheme, $width pixels)" 'data-filtered="true"'
    check "no error (scheme $scheme, $width pixels)" 'data-errors="\[\]"'
    check "no request (scheme $scheme, $width pixels)" 'data-requests="0"'
    if grep 'CONSOLE.*WARN' "$work/console"; then echo "FAILED: warnings (scheme $scheme, $width pixels)"; failed=1; fi
    if grep -q 'data-hostile' <<< "$page"; then echo "FAILED: a variant's name ran as a script"; failed=1; fi
  done
done
size=$(stat -c %s "$work/run/report.html")
if [ "$size" -gt 3000000 ]; then echo "FAILED: the report has $size bytes"; failed=1; fi
exit $failed
