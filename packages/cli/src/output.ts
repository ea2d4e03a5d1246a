// What the command line prints: tables and sentences for people, one JSON document for programs.

import { createRequire } from "node:module";
import type { Readable, Writable } from "node:stream";
import { stringifyExact } from "@postrider/shared/exact-json";
import type CliTable from "cli-table3";
import pc from "picocolors";
import { toOneLine, toVisible } from "./readable.ts";

export interface Surroundings {
  readonly environment: Record<string, string | undefined>;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  /** A terminal has a size. */
  readonly stdout: Writable & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export interface Output {
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** How words are coloured on standard output: not at all where that is no terminal. */
  readonly paint: Paint;
  /** The same for standard error. */
  readonly paintNote: Paint;
  /** One JSON document on standard output. */
  json(value: unknown): void;
  line(text: string): void;
  table(head: readonly string[], rows: readonly (readonly unknown[])[]): void;
  /** What is worth knowing beside the result, on standard error. */
  note(text: string): void;
  /**
   * The reason of a failure, on standard error; as JSON for programs when --json was given.
   * @param marked lines below it, for people: fit for a terminal already, and painted.
   */
  fail(message: string, details: Readonly<Record<string, unknown>>, marked?: readonly string[]): void;
}

export type Paint = ReturnType<typeof pc.createColors>;

const BORDERLESS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** @param isForProgram whether failures are also told as JSON. */
export function createOutput(surroundings: Surroundings, isForProgram: boolean): Output {
  const { stdout, stderr } = surroundings;
  const paint = paintFor(stdout, surroundings);
  const paintNote = paintFor(stderr, surroundings);
  return {
    paint,
    paintNote,
    isTerminal: stdout.isTTY === true,
    json: (value) => void stdout.write(`${stringifyExact(value, stdout.isTTY === true ? 2 : 0)}\n`),
    line: (text) => void stdout.write(`${text}\n`),
    table(head, rows) {
      // Most commands print none: each of them is to start soon.
      const Table = createRequire(import.meta.url)("cli-table3") as typeof CliTable;
      const table = new Table({
        head: head.map((name) => paint.dim(name)),
        chars: BORDERLESS,
        style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
      });
      for (const row of rows) table.push(row.map((cell) => toOneLine(String(cell ?? "–"))));
      stdout.write(`${table.toString()}\n`);
    },
    note: (text) => void stderr.write(`${text}\n`),
    fail(message, details, marked = []) {
      stderr.write(`${[`${paintNote.red("postrider:")} ${toVisible(message)}`, ...marked].join("\n")}\n`);
      if (isForProgram) stderr.write(`${JSON.stringify({ error: { message, ...details } })}\n`);
    },
  };
}

/** Not left to the library, which also colours what a build server reads. https://no-color.org */
function paintFor(stream: Surroundings["stdout"], { environment }: Surroundings): Paint {
  const { NO_COLOR = "", FORCE_COLOR = "", TERM } = environment;
  return pc.createColors(
    NO_COLOR === "" && (FORCE_COLOR !== "" || (stream.isTTY === true && TERM !== "dumb")),
  );
}
