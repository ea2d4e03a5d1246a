// `postrider destinations`: the origins that have a lane of their own, and what a person may set for any.

import type { Destination, Destinations } from "@postrider/producer/destinations/destinations";
import { PostriderError } from "@postrider/shared/errors";
import type { Limits } from "@postrider/shared/own-lane";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeTime } from "../readable.ts";
import { withService } from "../with-service.ts";
import { parseCount, parseRate } from "./arguments.ts";

interface LimitOptions {
  readonly rate?: number;
  readonly concurrency?: number;
  readonly none?: boolean;
}

type Options = LimitOptions & { readonly json?: boolean };

export function addDestinations(program: Command, context: Context): void {
  const group = program
    .command("destinations")
    .description("Where deliveries go: origins such as https://api.example.com");
  group
    .command("list")
    .description("List the destinations that have a lane of their own, those with the most waiting first")
    .option("--json", "for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const found = await withService(context.settings(), ({ destinations }) => destinations.list());
      if (json === true) return context.output.json({ destinations: found });
      if (found.length === 0) return context.output.line("no destination has a lane of its own");
      context.output.table(
        ["DESTINATION", "STATE", "LIMITS", "WAITING", "DELAYED", "IN FLIGHT"],
        found.map((destination) => [
          destination.origin,
          describeState(destination),
          describeLimits(destination),
          destination.waiting,
          destination.delayed,
          destination.inFlight,
        ]),
      );
    });
  addCommand(group, context, "show", "Show one destination", () => Promise.resolve());
  addCommand(
    group,
    context,
    "limit",
    "Set what a destination is granted, over all workers together",
    setLimits,
  )
    .option("--rate <n>", "requests per second", parseRate)
    .option("--concurrency <n>", "requests in flight at once", parseCount)
    .option("--none", "take the limits back that were set here; those of actions stay");
  addCommand(group, context, "pause", "Send nothing to it until it is resumed", (destinations, origin) =>
    destinations.pause(origin),
  );
  addCommand(
    group,
    context,
    "resume",
    "Send to it again; also closes its circuit and ends a cooldown that it asked for",
    (destinations, origin) => destinations.resume(origin),
  );
}

/** A command that changes a destination, if at all, and shows it as it stands then. */
function addCommand(
  group: Command,
  context: Context,
  name: string,
  description: string,
  change: (destinations: Destinations, origin: string, options: LimitOptions) => Promise<void>,
): Command {
  return group
    .command(`${name} <origin>`)
    .description(description)
    .option("--json", "for programs")
    .action(async (origin: string, { json, ...options }: Options) => {
      const shown = await withService(context.settings(), async ({ destinations }) => {
        await change(destinations, origin, options);
        return destinations.show(origin);
      });
      if (json === true) context.output.json(shown);
      else show(shown, context);
    });
}

function setLimits(destinations: Destinations, origin: string, options: LimitOptions): Promise<void> {
  return destinations.limit(origin, toLimits(options));
}

function toLimits({ rate, concurrency, none }: LimitOptions): Limits | null {
  const isGiven = rate !== undefined || concurrency !== undefined;
  if (isGiven === (none === true))
    throw new PostriderError("destination_invalid", "give --rate, --concurrency or both; or --none alone");
  if (none === true) return null;
  return {
    ...(rate !== undefined && { ratePerSecond: rate }),
    ...(concurrency !== undefined && { concurrency }),
  };
}

function show(destination: Destination, { output }: Context): void {
  const { origin, lane, waiting, delayed, inFlight } = destination;
  output.line(`${origin}: ${describeState(destination)}`);
  output.line(`limits  ${describeLimits(destination)}`);
  output.line(
    lane === null
      ? "lane    shared with everybody"
      : `lane    ${lane}: ${waiting} waiting, ${delayed} delayed, ${inFlight} in flight`,
  );
}

function describeState({ isPaused, circuit, probeAt, coolsUntil }: Destination): string {
  const probe = probeAt === null ? "" : `, next probe at ${describeTime(probeAt)}`;
  const state = circuit === "closed" ? "circuit closed" : `circuit ${circuit}${probe}`;
  const cooldown = coolsUntil === null ? "" : `, asked to be left alone until ${describeTime(coolsUntil)}`;
  return `${isPaused ? "paused, " : ""}${state}${cooldown}`;
}

function describeLimits({ limits, adaptiveRatePerSecond }: Destination): string {
  const { ratePerSecond, concurrency } = limits;
  const parts = [
    ...(ratePerSecond === undefined ? [] : [`${ratePerSecond} a second`]),
    ...(concurrency === undefined ? [] : [`${concurrency} at once`]),
    ...(adaptiveRatePerSecond === null
      ? []
      : [`its 429s allow ${Math.round(adaptiveRatePerSecond * 100) / 100} a second`]),
  ];
  return parts.length === 0 ? "none" : parts.join(", ");
}
