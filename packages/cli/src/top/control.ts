// What a key does in `postrider top`: the next state of what is shown, and what is to be done in Redis. Pure.

import { PANES, type Pane, toTable } from "./panes.ts";
import type { Sight } from "./sight.ts";

export interface View {
  readonly pane: Pane;
  /** The row that is marked in each pane, by its id, so that it stays marked when others come and go. */
  readonly selected: Readonly<Partial<Record<Pane, string>>>;
  readonly asking: Asking | null;
  readonly isHelp: boolean;
  /** What came of the last order, or why there was none. */
  readonly message: string | null;
}

/** A question at the foot of the screen. */
export type Asking =
  | { readonly what: "limit"; readonly origin: string; readonly text: string }
  | { readonly what: "cancel"; readonly run: string };

export type Order =
  | { readonly do: "pause" | "resume"; readonly of: "destination" | "run"; readonly id: string }
  | { readonly do: "cancel"; readonly of: "run"; readonly id: string }
  /** Null takes back what a person has set. */
  | {
      readonly do: "limit";
      readonly of: "destination";
      readonly id: string;
      readonly perSecond: number | null;
    }
  | { readonly do: "quit" | "interrupt" | "suspend" };

export interface Pressed {
  readonly view: View;
  readonly order: Order | null;
}

export const FIRST_VIEW: View = {
  pane: "lanes",
  selected: {},
  asking: null,
  isHelp: false,
  message: null,
};

/** @param key as key-presses.ts names it. */
export function press(view: View, key: string, sight: Sight): Pressed {
  if (key === "ctrl-c") return { view, order: { do: "interrupt" } };
  if (key === "ctrl-z") return { view, order: { do: "suspend" } };
  if (view.isHelp) return { view: { ...view, isHelp: false }, order: null };
  if (view.asking !== null) return answer(view, view.asking, key);
  const fresh = { ...view, message: null };
  const move = MOVES[key];
  if (move !== undefined) return { view: move(fresh, sight), order: null };
  return command(fresh, key, sight);
}

/** The row that is marked: the one that was chosen, or the first. */
export function findSelected({ pane, selected }: View, sight: Sight): string | null {
  const { rows } = toTable(pane, sight);
  const chosen = rows.find(({ id }) => id === selected[pane]);
  return (chosen ?? rows[0])?.id ?? null;
}

type Move = (view: View, sight: Sight) => View;

const MOVES: Readonly<Record<string, Move>> = {
  tab: (view) => ({ ...view, pane: nextPane(view.pane, 1) }),
  "shift-tab": (view) => ({ ...view, pane: nextPane(view.pane, -1) }),
  up: (view, sight) => select(view, sight, (at) => at - 1),
  k: (view, sight) => select(view, sight, (at) => at - 1),
  down: (view, sight) => select(view, sight, (at) => at + 1),
  j: (view, sight) => select(view, sight, (at) => at + 1),
  g: (view, sight) => select(view, sight, () => 0),
  G: (view, sight) => select(view, sight, () => Number.POSITIVE_INFINITY),
  "?": (view) => ({ ...view, isHelp: true }),
};

function nextPane(pane: Pane, step: number): Pane {
  return PANES[(PANES.indexOf(pane) + step + PANES.length) % PANES.length] ?? pane;
}

function select(view: View, sight: Sight, to: (at: number) => number): View {
  const { rows } = toTable(view.pane, sight);
  const selected = findSelected(view, sight);
  const at = rows.findIndex(({ id }) => id === selected);
  const row = rows[Math.max(0, Math.min(rows.length - 1, to(at)))];
  return row === undefined ? view : { ...view, selected: { ...view.selected, [view.pane]: row.id } };
}

const SINGULAR = { destinations: "destination", runs: "run" } as const;

function command(view: View, key: string, sight: Sight): Pressed {
  if (key === "q") return { view, order: { do: "quit" } };
  if (!"prlc".includes(key)) return { view, order: null };
  const id = findSelected(view, sight);
  const { pane } = view;
  if (id === null || (pane !== "destinations" && pane !== "runs"))
    return refuse(view, "choose a destination or a run first: tab changes the pane, the arrows the row");
  const of = SINGULAR[pane];
  if (key === "p") return { view, order: { do: "pause", of, id } };
  if (key === "r") return { view, order: { do: "resume", of, id } };
  if (key === "l")
    return of === "destination"
      ? { view: { ...view, asking: { what: "limit", origin: id, text: "" } }, order: null }
      : refuse(view, "a run has no limit of its own; its destination has");
  return of === "run"
    ? { view: { ...view, asking: { what: "cancel", run: id } }, order: null }
    : refuse(view, "only a run can be cancelled; p pauses a destination");
}

function refuse(view: View, message: string): Pressed {
  return { view: { ...view, message }, order: null };
}

function answer(view: View, asking: Asking, key: string): Pressed {
  const done = { ...view, asking: null, message: null };
  if (key === "escape") return { view: done, order: null };
  if (asking.what === "cancel")
    return key === "y"
      ? { view: done, order: { do: "cancel", of: "run", id: asking.run } }
      : refuse(done, "not cancelled");
  if (key === "enter") return toLimit(done, asking.origin, asking.text);
  return { view: { ...view, asking: { ...asking, text: edit(asking.text, key) } }, order: null };
}

const TEXT_CHARS_MAX = 12;

function edit(text: string, key: string): string {
  if (key === "backspace") return text.slice(0, -1);
  return /^[\d.]$/.test(key) ? (text + key).slice(0, TEXT_CHARS_MAX) : text;
}

function toLimit(view: View, id: string, text: string): Pressed {
  const perSecond = text === "" ? null : Number(text);
  if (perSecond !== null && !(perSecond > 0)) return refuse(view, `${text} is no number above 0`);
  return { view, order: { do: "limit", of: "destination", id, perSecond } };
}
