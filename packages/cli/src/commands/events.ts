// `postrider events`: what operators are told of, as it happens; and how far those are who read it.

import type { ReadEvent } from "@postrider/producer/events/events";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeTime } from "../readable.ts";
import { addTold } from "./told.ts";

export function addEvents(program: Command, context: Context): void {
  addTold(program, context, {
    kind: "events",
    description: "What operators are told of, as it happens",
    examples: [
      "postrider events tail",
      "postrider events tail --start oldest --once",
      "postrider events tail --group pager --json | ./page-on-call",
    ],
    keptBy: "POSTRIDER_EVENTS_KEPT",
    of: ({ events }) => events,
    toJson,
    toLine,
  });
}

function toJson({ timestamp, ...event }: ReadEvent): string {
  return JSON.stringify({ ...event, timestamp: new Date(timestamp).toISOString() });
}

function toLine({ timestamp, type, data }: ReadEvent): string {
  const facts = Object.entries(data).map(([name, value]) => {
    return `${name} ${typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)}`;
  });
  return [describeTime(timestamp), type, ...facts].join("  ");
}
