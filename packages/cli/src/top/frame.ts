// One frame of `postrider top`, from what is known to lines of a given width and height. Pure.

import type { Paint } from "../output.ts";
import { describeCount, describeTime } from "../readable.ts";
import { findSelected, type View } from "./control.ts";
import { PANES, type Pane, type Table, type Tone, toTable } from "./panes.ts";
import type { Rate, Sight } from "./sight.ts";
import { cutTo, fit, measure, toCell } from "./width.ts";

export interface Size {
  readonly columns: number;
  /** Infinity where there is no end, as in a file. */
  readonly rows: number;
}

/** @param trouble why what is shown is old; null: it is not. */
export function toFrame(
  sight: Sight,
  view: View | null,
  { columns, rows }: Size,
  paint: Paint,
  trouble: string | null = null,
): string[] {
  const foot = view === null ? [] : [toFoot(view, trouble, columns, paint)];
  const space = rows - 1 - foot.length;
  const body =
    view?.isHelp === true
      ? HELP.map((line) => cutTo(line, columns))
      : toBody(sight, view, space, columns, paint);
  const shown = body.slice(0, Math.max(0, space));
  if (view !== null) while (shown.length < space) shown.push("");
  return [paint.bold(cutTo(toSummary(sight), columns)), ...shown, ...foot];
}

function toSummary({ overview, enqueuedPerSecond, endedPerSecond }: Sight): string {
  const { at, workers, inFlight, shardsAway } = overview;
  const away = shardsAway.length === 0 ? "" : `  shards ${shardsAway.join(", ")} away`;
  const rates = `${toRate(enqueuedPerSecond)} enqueued/s  ${toRate(endedPerSecond)} ended/s`;
  return `postrider  ${describeTime(at)}  ${rates}  ${inFlight} in flight  ${describeCount(workers.length, "worker")}${away}`;
}

function toRate(rate: Rate): string {
  return rate === null ? "–" : String(rate);
}

/** A title, a head and a row. */
const PANE_ROWS_MIN = 3;

function toBody(sight: Sight, view: View | null, space: number, columns: number, paint: Paint): string[] {
  const isTight = view !== null && space < PANES.length * PANE_ROWS_MIN;
  const panes: readonly Pane[] = isTight ? [view.pane] : PANES;
  const tables = panes.map((pane) => toTable(pane, sight));
  const heights = share(
    tables.map(({ rows }) => Math.max(1, rows.length) + 2),
    space,
  );
  return tables.flatMap((table, index) => {
    const pane = panes[index];
    const isActive = view !== null && view.pane === pane;
    const selected = isActive ? findSelected(view, sight) : null;
    return toPane(table, { selected, isActive, rows: heights[index] ?? 0, columns, paint });
  });
}

/** Gives each what it needs, the smallest needs first; what is short is shared out evenly. */
export function share(needs: readonly number[], space: number): number[] {
  const given = needs.map(() => 0);
  const order = needs.map((_, index) => index).sort((a, b) => (needs[a] ?? 0) - (needs[b] ?? 0));
  let left = space;
  for (const [place, index] of order.entries()) {
    given[index] = Math.min(needs[index] ?? 0, Math.floor(left / (order.length - place)));
    left -= given[index] ?? 0;
  }
  return given;
}

interface PaneLook {
  readonly selected: string | null;
  readonly isActive: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly paint: Paint;
}

function toPane({ title, head, words, rows, none }: Table, look: PaneLook): string[] {
  const { selected, isActive, columns, paint } = look;
  const room = Math.max(0, look.rows - 2);
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === selected),
  );
  // The marked row stays in sight.
  const first = room === 0 ? 0 : Math.max(0, Math.min(at - room + 1, rows.length - room));
  const shown = rows.slice(first, first + room);
  const hidden = rows.length - shown.length;
  const more = hidden === 0 ? "" : `   ${hidden} more`;
  const titleLine = cutTo(`${isActive ? "▸ " : "  "}${title}${more}`, columns);
  const widths = toWidths([head, ...rows.map(({ cells }) => cells)], columns - MARK_COLUMNS);
  const line = (cells: readonly string[], mark: string): string =>
    cutTo(`${mark}${toFitted(cells, widths, words).join(GAP)}`, columns);
  return [
    isActive ? paint.cyan(titleLine) : paint.bold(titleLine),
    paint.dim(line(head, "  ")),
    ...(rows.length === 0 ? [paint.dim(cutTo(`  ${none}`, columns))] : []),
    ...shown.map(({ id, cells, tone }) =>
      id === selected
        ? paint.inverse(fit(line(cells, "> "), columns))
        : paintRow(line(cells, "  "), tone, paint),
    ),
  ].slice(0, look.rows);
}

const MARK_COLUMNS = 2;
const GAP = "  ";
/** Of a name that is long there is still something to see. */
const NAME_COLUMNS_MIN = 16;

/** As wide as what stands in it; names give way where all together are too wide. */
function toWidths(lines: readonly (readonly string[])[], columns: number): number[] {
  const widths = (lines[0] ?? []).map((_, index) =>
    Math.max(...lines.map((cells) => measure(cells[index] ?? ""))),
  );
  const [name = 0, ...others] = widths;
  const taken = others.reduce((sum, width) => sum + width + GAP.length, 0);
  return [Math.min(name, Math.max(NAME_COLUMNS_MIN, columns - taken)), ...others];
}

function paintRow(line: string, tone: Tone, paint: Paint): string {
  if (tone === "bad") return paint.red(line);
  return tone === "dim" ? paint.dim(line) : line;
}

function toFitted(cells: readonly string[], widths: readonly number[], words: number): string[] {
  return cells.map((cell, index) => fit(cell, widths[index] ?? 0, index < words ? "left" : "right"));
}

const KEYS = "tab pane  ↑↓ row  p pause  r resume  l limit  c cancel  ? help  q quit";

function toFoot({ asking, message }: View, trouble: string | null, columns: number, paint: Paint): string {
  if (asking?.what === "cancel")
    return paint.yellow(
      cutTo(
        `cancel the run ${toCell(asking.run)}: what waits is never sent. y cancels it, any other key does not`,
        columns,
      ),
    );
  if (asking?.what === "limit")
    return paint.yellow(
      cutTo(
        `requests per second to ${toCell(asking.origin)} (enter alone takes the limit back): ${asking.text}_`,
        columns,
      ),
    );
  if (trouble !== null) return paint.red(cutTo(trouble, columns));
  return message === null ? paint.dim(cutTo(KEYS, columns)) : paint.yellow(cutTo(toCell(message), columns));
}

const HELP = [
  "",
  "  tab, shift-tab      the next pane, the one before",
  "  ↑ ↓, k j, g G       the row before, the next one; the first, the last",
  "  p                   pause: send nothing to the destination, or of the run, until it is resumed",
  "  r                   resume; of a destination this also closes its circuit and ends its cooldown",
  "  l                   limit a destination: so many requests a second, over all workers together",
  "  c                   cancel a run, after a question: what waits of it is never sent",
  "  q, ctrl-c           quit;  ctrl-z suspends",
  "",
  "  GROWS/S is by how much a lane grows a second, below 0 where it shrinks. Rates are of the last seconds.",
  "",
  "  any key goes back",
];
