// What operators are told of, each once: the closed list of events, with what each says. Types, documents and
// the webhooks of the OpenAPI description are made of it; a new event is added here and nowhere else.

import { z } from "zod";

const count = z.int().min(0);
const run = z.string().describe("The run's id.");
const action = z.string().describe("`id@version`.");
const actionId = z.string().describe("The action's id, all versions together.");
const lane = z.string().describe("The shared lane to which the run belongs.");
const destination = z.string().describe("The destination's origin.");
const ended = count.describe("Deliveries of it that ended in the minutes that were looked at.");
const failed = count.describe("Those of them that failed.");
const minutes = count.describe("How many minutes were looked at.");
const deadLetters = count.describe(
  "Dead letters that are kept, those of subscriptions not counted; at least so many, where there are more than the threshold.",
);
const threshold = count.describe("`POSTRIDER_DEAD_LETTERS_THRESHOLD`.");
const group = z.string().describe("The group of readers.");
const unread = count.describe("Outcomes told and not yet read by it.");
const kept = count.describe("How many outcomes are kept: what is unread beyond it is lost to the group.");

const ofRun = z.strictObject({ run, action, lane });
const RUN = { run: "autumn", action: "welcome@3", lane: "bulk" } as const;
const ofDestination = z.strictObject({ destination });
const DESTINATION = { destination: "https://api.example.com" } as const;

/** One event: when it comes, and what it says. */
interface Definition<D extends z.ZodObject> {
  /** In words, for the documents. */
  readonly text: string;
  readonly data: D;
  /** For the documents, and for the test of a subscription. */
  readonly example: z.output<D>;
}

function define<D extends z.ZodObject>(text: string, data: D, example: z.output<D>): Definition<D> {
  return { text, data, example };
}

export const EVENTS = {
  "run.completed": define(
    "A closed run has nothing left. Once in a run's life, also where it was cancelled, or where more is enqueued or replayed later.",
    ofRun.extend({
      enqueued: count.describe("Deliveries that it had."),
      delivered: count.describe("How many of them ended so."),
      failed: count.describe("How many of them ended so."),
      expired: count.describe("How many of them ended so."),
      cancelled: count.describe("How many of them ended so."),
      isCancelled: z.boolean().describe("Whether the run itself was cancelled."),
    }),
    { ...RUN, enqueued: 1_000, delivered: 990, failed: 8, expired: 2, cancelled: 0, isCancelled: false },
  ),
  "run.paused": define("Somebody has paused a run.", ofRun, RUN),
  "run.resumed": define("Somebody has resumed a paused run.", ofRun, RUN),
  "run.cancelled": define(
    "Somebody has cancelled a run: nothing more of it is sent. Once in a run's life.",
    ofRun,
    RUN,
  ),
  "action.failing": define(
    "Half or more of an action's latest deliveries failed, and twenty or more of them.",
    z.strictObject({ action: actionId, ended, failed, minutes }),
    { action: "welcome", ended: 400, failed: 310, minutes: 5 },
  ),
  "action.recovered": define(
    "Of a failing action's latest deliveries less than a quarter fails. While none of them end, it goes on as failing.",
    z.strictObject({ action: actionId, ended, failed, minutes }),
    { action: "welcome", ended: 400, failed: 4, minutes: 5 },
  ),
  "destination.circuit_opened": define(
    "A destination fails so often that nothing is sent to it but probes. Its deliveries wait.",
    ofDestination.extend({ pauseMs: count.describe("From now to the first probe.") }),
    { ...DESTINATION, pauseMs: 5_000 },
  ),
  "destination.circuit_closed": define(
    "A probe got an answer, somebody has resumed the destination, or nothing is left to probe it with.",
    ofDestination,
    DESTINATION,
  ),
  "destination.throttled": define(
    "A destination's 429s hold its deliveries back: it has a rate that they have taught, or asks to be left alone for a while.",
    ofDestination.extend({
      ratePerSecond: z.number().nullable().describe("The rate that its answers have taught so far."),
    }),
    { ...DESTINATION, ratePerSecond: 12.5 },
  ),
  "destination.free": define(
    "A throttled destination has been sent to as fast as it goes for a minute.",
    ofDestination,
    DESTINATION,
  ),
  "dead_letters.threshold": define(
    "As many dead letters are kept as `POSTRIDER_DEAD_LETTERS_THRESHOLD` says, or more.",
    z.strictObject({ deadLetters, threshold }),
    { deadLetters: 1_000, threshold: 1_000 },
  ),
  "dead_letters.cleared": define(
    "Fewer than four fifths of the threshold are kept again.",
    z.strictObject({ deadLetters, threshold }),
    { deadLetters: 12, threshold: 1_000 },
  ),
  "task.finished": define(
    "A task has come to its end: done, stopped or failed.",
    z.strictObject({
      task: z.string().describe("The task's id."),
      do: z.string().describe("What it did."),
      state: z.enum(["done", "stopped", "failed"]),
      by: z.string().describe("Who began it."),
      counts: z.record(z.string(), count).describe("By result, such as `replayed` or `purged`."),
      code: z.string().nullable().describe("Why it failed, as an error's code."),
      action: z.string().nullable().describe("The action that its filter names."),
      lane: z.string().nullable().describe("The lane that its filter names."),
    }),
    {
      task: "t0123456789abcdef",
      do: "replay",
      state: "done",
      by: "on-call",
      counts: { replayed: 120 },
      code: null,
      action: "welcome",
      lane: null,
    },
  ),
  "outcomes.reader_lagging": define(
    "A group that reads outcomes has half of what is kept before it, and will miss some if it goes on like this.",
    z.strictObject({ group, unread, kept }),
    { group: "crm", unread: 520_000, kept: 1_000_000 },
  ),
  "outcomes.reader_caught_up": define(
    "Such a group has less than a quarter of what is kept before it again, or was removed.",
    z.strictObject({ group, unread, kept }),
    { group: "crm", unread: 40, kept: 1_000_000 },
  ),
} as const;

export type EventType = keyof typeof EVENTS;
export const EVENT_TYPES = Object.keys(EVENTS) as readonly EventType[];

/** What an event of a type says. */
export type Facts<T extends EventType> = z.output<(typeof EVENTS)[T]["data"]>;

type Typed = { [T in EventType]: { readonly type: T; readonly data: Facts<T> } }[EventType];

/** Something that operators are told of. */
export type OperatorEvent = Typed & {
  /** The same however often it is read or delivered. */
  readonly id: string;
  /** Unix ms, by Redis' clock. */
  readonly timestamp: number;
};

/** An event that is about to be told. */
export interface NewEvent<T extends EventType = EventType> {
  readonly type: T;
  /** What it is about, without blanks. The type comes but once of it, unless it `recurs`. */
  readonly of: string;
  readonly recurs: boolean;
  readonly data: Facts<T>;
}

/** For `NewEvent` with its type's data. */
export function newEvent<T extends EventType>(
  type: T,
  of: string,
  data: Facts<T>,
  { recurs }: { readonly recurs: boolean } = { recurs: true },
): NewEvent {
  return { type, of, recurs, data };
}

/** Where an id holds this, the script that tells the event puts its place in the stream. */
export const PLACE = "*";

/** The id to tell an event under: what it is derived from, so that one transition has one id. */
export function toEventId({ type, of, recurs }: Pick<NewEvent, "type" | "of" | "recurs">): string {
  return recurs ? `${type}:${of}:${PLACE}` : `${type}:${of}`;
}

/** What scripts are handed of an event: its id, and its data as JSON. */
export function toTold(event: NewEvent): [id: string, data: string] {
  return [toEventId(event), JSON.stringify(event.data)];
}

/**
 * An entry of the stream: the id, a blank, and the data as JSON. The id begins with the type.
 * @param timestamp Unix ms, which the entry's place tells.
 */
export function decodeEvent(entry: string, timestamp: number): OperatorEvent {
  const blank = entry.indexOf(" ");
  const id = entry.slice(0, blank);
  const type = id.slice(0, id.indexOf(":")) as EventType;
  return { id, type, timestamp, data: JSON.parse(entry.slice(blank + 1)) } as OperatorEvent;
}
