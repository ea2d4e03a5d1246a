// In the browser: draws one dashboard into #board. Plain JavaScript, since the page reads it as it is.

const WIDTH = 1200;
const COLUMN = WIDTH / 24;
const ROW = 30;
const COLOURS = [
  "#73bf69",
  "#f2cc0c",
  "#5794f2",
  "#ff9830",
  "#f2495c",
  "#b877d9",
  "#8ab8ff",
  "#ffa6b0",
  "#37872d",
  "#c4162a",
];
const TILES = { green: "#1a7f4b", orange: "#c4701b", red: "#b3261e", blue: "#1f60c4" };

const tidy = (value, digits) => String(Number(value.toFixed(digits)));

function showSeconds(value) {
  if (value >= 3600) return `${tidy(value / 3600, 1)} h`;
  if (value >= 60) return `${tidy(value / 60, 1)} min`;
  return value >= 1 || value === 0 ? `${tidy(value, 2)} s` : `${tidy(value * 1000, value < 0.01 ? 2 : 0)} ms`;
}

function showBytes(value) {
  const power = value <= 0 ? 0 : Math.min(3, Math.floor(Math.log2(value) / 10));
  return `${tidy(value / 1024 ** power, 1)} ${["B", "KiB", "MiB", "GiB"][power]}`;
}

function showShort(value) {
  if (value >= 1e6) return `${tidy(value / 1e6, 2)}M`;
  return value >= 1e4 ? `${tidy(value / 1e3, 1)}K` : tidy(value, value < 1 ? 3 : 1);
}

const SHOWN = {
  percentunit: (value) => `${tidy(value * 100, value > 0 && value < 0.01 ? 2 : 1)}%`,
  bool_yes_no: (value) => (value === 0 ? "No" : "Yes"),
  s: showSeconds,
  bytes: showBytes,
  ops: (value) => `${showShort(value)}/s`,
};

const showTime = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19);

/** A number as Grafana shows it. */
function show(value, unit) {
  return value === null || value === undefined ? "" : (SHOWN[unit] ?? showShort)(value);
}

function element(parent, style, text = "") {
  const made = document.createElement("div");
  made.style.cssText = style;
  made.textContent = text;
  parent.append(made);
  return made;
}

function place(_board, { at }) {
  return `position:absolute;box-sizing:border-box;left:${at.x * COLUMN + 3}px;top:${at.y * ROW + 40}px;width:${at.w * COLUMN - 6}px;height:${at.h * ROW - 6}px;`;
}

function drawTile(board, panel) {
  const values = panel.lines[0]?.values ?? [];
  const last = values.findLast((value) => value !== null) ?? null;
  const colour =
    panel.steps.findLast(({ value }) => value === null || (last !== null && last >= value))?.color ?? "green";
  const box = element(
    board,
    `${place(board, panel)}background:${last === null ? "#3a3d44" : (TILES[colour] ?? colour)};border-radius:3px;padding:6px 8px;`,
  );
  element(box, "font-size:11px;font-weight:600;opacity:.9;white-space:nowrap;overflow:hidden;", panel.title);
  element(
    box,
    "font-size:26px;font-weight:600;text-align:center;margin-top:18px;white-space:nowrap;",
    last === null ? panel.noValue : show(last, panel.unit),
  );
}

/** Sums from the first line up, for areas upon each other. */
function stack(lines, count) {
  const sums = new Array(count).fill(0);
  return lines.map(({ values }) => values.map((value, index) => (sums[index] += value ?? 0)));
}

function drawChart(board, panel) {
  const box = element(
    board,
    `${place(board, panel)}background:#181b1f;border:1px solid #2c3235;border-radius:3px;padding:5px 6px;overflow:hidden;`,
  );
  element(box, "font-size:12px;font-weight:600;", panel.title);
  const [width, height] = [panel.at.w * COLUMN - 20, panel.at.h * ROW - 66];
  if (panel.lines.length === 0) {
    element(box, "text-align:center;margin-top:70px;opacity:.5;font-size:13px;", "No data");
    return;
  }
  const values = panel.isStacked
    ? stack(panel.lines, panel.times.length)
    : panel.lines.map((line) => line.values);
  const order = panel.isStacked
    ? values.map((_, index) => values.length - 1 - index)
    : values.map((_, index) => index);
  const most = Math.max(...values.flat().filter((value) => value !== null), 0);
  const axis = {
    stroke: "#9fa7b3",
    grid: { stroke: "#24292e", width: 1 },
    ticks: { show: false },
    font: "10px sans-serif",
  };
  new uPlot(
    {
      width,
      height,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: [0, panel.max ?? (most === 0 ? 1 : most * 1.1)] } },
      axes: [
        { ...axis, size: 22, values: (_, ticks) => ticks.map(showTime) },
        { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => show(tick, panel.unit)) },
      ],
      series: [
        {},
        ...order.map((index) => ({
          stroke: COLOURS[index % COLOURS.length],
          width: 1.2,
          points: { show: false },
          fill: panel.isStacked ? `${COLOURS[index % COLOURS.length]}` : undefined,
        })),
      ],
    },
    [panel.times, ...order.map((index) => values[index])],
    element(box, ""),
  );
  const legend = element(box, "font-size:10px;height:30px;overflow:hidden;line-height:14px;");
  panel.lines.forEach(({ label }, index) => {
    const entry = document.createElement("span");
    entry.style.cssText = "margin-right:9px;white-space:nowrap;display:inline-block;";
    entry.innerHTML = `<b style="color:${COLOURS[index % COLOURS.length]}">▬</b> `;
    entry.append(label);
    legend.append(entry);
  });
}

/** Called by the test that opened the page. */
globalThis.draw = ({ title, panels }) => {
  const board = document.getElementById("board");
  const height = Math.max(...panels.map(({ at }) => at.y + at.h)) * ROW + 46;
  document.body.style.margin = "0";
  board.style.cssText = `position:relative;width:${WIDTH}px;height:${height}px;background:#111217;color:#d8d9da;font-family:sans-serif;`;
  element(board, "font-size:17px;font-weight:600;padding:9px 8px;", title);
  for (const panel of panels)
    if (panel.type === "row")
      element(
        board,
        `${place(board, panel)}font-size:13px;font-weight:600;padding-top:3px;`,
        `⌄ ${panel.title}`,
      );
    else if (panel.type === "stat") drawTile(board, panel);
    else drawChart(board, panel);
};
