// What a rendering writes to: bounded, and on demand with a record of what came from where.

import type { Context, Emitter, Template } from "liquidjs";
import type { Encoded } from "../escape/encoded.ts";
import { type JsonState, readJson } from "../escape/places.ts";
import { print } from "../escape/print.ts";

/** An output that printed nothing, and the offset where it did. */
export interface Blank {
  readonly output: Template;
  readonly at: number;
}

/** Where a rendering gathers. */
export interface Text extends Emitter {
  buffer: string;
  /** Where values printed nothing, in the order of the text; null where none did, or nobody asked. */
  blanks: Blank[] | null;
  /** What an output has written that is fit for a place, and may be all of a captured text; else null. */
  fit: Encoded | null;
  /** `output` is the node whose value it is, for those who trace what came from where. */
  write(text: unknown, output?: Template): void;
}

/** How many characters a rendering may still write, of how many. */
interface Room {
  left: number;
  readonly charsMax: number;
}

const ROOM = "postrider:room";

/** Grants a rendering its room, before anything of it is written. */
export function setRoom(context: Context, charsMax: number): void {
  context.setRegister(ROOM, { left: charsMax, charsMax } satisfies Room as never);
}

/** Thrown when a rendering goes beyond what templates are granted. */
export class TooCostly extends Error {}

/** A text to write to; all the texts of one rendering share its room. @throws TooCostly from `write`. */
export function createText(context: Context): Text {
  const room = context.getRegister(ROOM) as unknown as Room;
  return {
    buffer: "",
    blanks: null,
    fit: null,
    write(value: unknown) {
      const text = print(value);
      room.left -= text.length;
      if (room.left < 0) throw new TooCostly(`writes more than ${room.charsMax} characters`);
      this.buffer += text;
    },
  };
}

export interface Trace extends Text {
  readonly written: { readonly output: Template; readonly from: number }[];
}

/**
 * A text that remembers where each output began: for the explanation of a failure, never on the way of a
 * delivery.
 */
export function createTrace(context: Context): Trace {
  const { buffer, blanks, fit, write } = createText(context);
  return {
    buffer,
    blanks,
    fit,
    written: [],
    write(text: unknown, output?: Template) {
      if (output !== undefined) this.written.push({ output, from: this.buffer.length });
      write.call(this, text);
    },
  };
}

const readSoFar = new WeakMap<object, { at: number; state: JsonState }>();

/** What the text written so far says about the place; read on from where the last look ended. */
export function readPlace(emitter: Emitter): "jsonString" | "jsonValue" {
  const { buffer } = emitter as Text;
  const before = readSoFar.get(emitter) ?? { at: 0, state: "outside" };
  const state = readJson(buffer.slice(before.at), before.state);
  readSoFar.set(emitter, { at: buffer.length, state });
  return state === "outside" ? "jsonValue" : "jsonString";
}

/** Nothing, or nothing but slashes, or what a URL drops. */
const BLANK = /^(?:\/*|[\t\n\r ]*)$/;
/** No URL is sent that is longer, and in a form nobody needs to know of more. */
const BLANKS_MAX = 8_000;

/** Notes an output whose text is blank where it stands: of those at one place the first. */
export function noteBlank(emitter: Emitter, text: string, output: Template): void {
  if (!BLANK.test(text)) return;
  const { buffer, blanks } = emitter as Text;
  const at = buffer.length;
  if (blanks === null) (emitter as Text).blanks = [{ output, at }];
  else if (blanks.at(-1)?.at !== at && blanks.length < BLANKS_MAX) blanks.push({ output, at });
}
