// `postrider events`: what operators are told of, as it happens; and how far those are who read it.

import { once } from "node:events";
import type { EventPage, ReadEvent } from "@postrider/producer/events/events";
import type { Producer } from "@postrider/producer/producer";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { describeTime } from "../readable.ts";
import { withProducer } from "../with-producer.ts";

interface Json {
  readonly json?: boolean;
}

interface TailOptions extends Json {
  readonly group?: string;
  readonly after?: string;
  readonly start: "oldest" | "newest";
  readonly once?: boolean;
}

export function addEvents(program: Command, context: Context): void {
  const { settings, output } = context;
  const group = program.command("events").description("What operators are told of, as it happens");
  group
    .command("tail")
    .description("Print events as they come, until it is stopped")
    .option("--group <name>", "go on where the group's last reader stopped, and note how far this one is")
    .option("--after <cursor>", "go on behind this cursor, which --json prints with each event")
    .addOption(
      new Option("--start <where>", "where to begin otherwise")
        .choices(["oldest", "newest"])
        .default("newest"),
    )
    .option("--once", "end when all that there is has been printed")
    .option("--json", "one JSON object a line, for programs")
    .addHelpText(
      "after",
      `
Examples:
  postrider events tail
  postrider events tail --start oldest --once
  postrider events tail --group pager --json | ./page-on-call`,
    )
    .action((options: TailOptions) =>
      withProducer(settings(), (producer) =>
        untilInterrupted((signal) => tail(producer, options, context, signal)),
      ),
    );
  group
    .command("groups")
    .description("List the groups of readers, and how many events each has yet to read")
    .option("--json", "for programs")
    .action(async ({ json }: Json) => {
      const groups = await withProducer(settings(), ({ events }) => events.groups());
      if (json === true) return output.json({ groups });
      if (groups.length === 0) return output.line("no group reads events");
      output.table(
        ["GROUP", "UNREAD", "LAST READ"],
        groups.map(({ group: name, unread, readAt }) => [name, unread, describeTime(readAt)]),
      );
    });
  group
    .command("remove-group <name>")
    .description("Forget a group of readers that nobody reads for any more")
    .option("--json", "for programs")
    .action(async (name: string, { json }: Json) => {
      await withProducer(settings(), ({ events }) => events.removeGroup(name));
      if (json === true) return output.json({ removed: name });
      output.line(`${name} removed`);
    });
}

async function tail(
  { events }: Producer,
  options: TailOptions,
  { surroundings, output }: Context,
  signal: AbortSignal,
): Promise<void> {
  const onMissed = (missed: number | null): void =>
    output.note(
      missed === null
        ? "Redis has lost events that were told before; what is kept follows"
        : `${missed} events are gone unread: they are kept for as many as POSTRIDER_EVENTS_KEPT says`,
    );
  for await (const event of read(events, options, onMissed, signal)) {
    const line = options.json === true ? JSON.stringify(toJson(event)) : toLine(event);
    // A reader that takes its time holds this up, and nothing piles up in between.
    if (!surroundings.stdout.write(`${line}\n`))
      await once(surroundings.stdout, "drain", { signal }).catch(() => undefined);
  }
}

type OnMissed = (missed: number | null) => void;

function read(
  events: Producer["events"],
  options: TailOptions,
  onMissed: OnMissed,
  signal: AbortSignal,
): AsyncIterable<ReadEvent> {
  const { group, after, start } = options;
  if (options.once === true) return readThrough(events, options, onMissed, signal);
  if (group === undefined) return events({ start, ...(after !== undefined && { after }), onMissed, signal });
  if (after === undefined) return events({ group, start, onMissed, signal });
  return readBehind(events, { group, after }, onMissed, signal);
}

/** For a group from this cursor on: all up to there are done with. */
async function* readBehind(
  events: Producer["events"],
  { group, after }: { readonly group: string; readonly after: string },
  onMissed: OnMissed,
  signal: AbortSignal,
): AsyncGenerator<ReadEvent> {
  await events.read({ group, after, limit: 1 });
  yield* events({ group, onMissed, signal });
}

/** All that there is. */
async function* readThrough(
  events: Producer["events"],
  { group, after, start }: TailOptions,
  onMissed: OnMissed,
  signal: AbortSignal,
): AsyncGenerator<ReadEvent> {
  let cursor = after;
  while (!signal.aborted) {
    const page: EventPage = await events.read({
      start,
      ...(group !== undefined && { group }),
      ...(cursor !== undefined && { after: cursor }),
    });
    if (page.missed !== 0) onMissed(page.missed);
    if (page.events.length === 0) return;
    yield* page.events;
    cursor = page.after;
  }
}

function toJson({ timestamp, ...event }: ReadEvent): Readonly<Record<string, unknown>> {
  return { ...event, timestamp: new Date(timestamp).toISOString() };
}

function toLine({ timestamp, type, data }: ReadEvent): string {
  const facts = Object.entries(data).map(([name, value]) => {
    return `${name} ${typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)}`;
  });
  return [describeTime(timestamp), type, ...facts].join("  ");
}
