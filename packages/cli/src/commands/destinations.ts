// `postrider destinations`: the origins that have a lane of their own, and what a person may set for any.

import type { Destination } from "@postrider/producer/destinations/destinations";
import { PostriderError } from "@postrider/shared/errors";
import { type LimitSource, OPERATOR } from "@postrider/shared/lane-limits";
import type { Limits } from "@postrider/shared/own-lane";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeDuration, describeTime } from "../readable.ts";
import type { Service } from "../service.ts";
import { withService } from "../with-service.ts";
import { parseCount, parseFor, parseRate } from "./arguments.ts";

interface LimitOptions {
  readonly rate?: number;
  readonly concurrency?: number;
  readonly none?: boolean;
  /** In ms. */
  readonly for?: number;
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
    .option("--for <duration>", "end by itself after so long, such as 2h", parseFor)
    .option("--none", "take the limits back that were set here; those of actions stay");
  addCommand(
    group,
    context,
    "pause",
    "Send nothing to it until it is resumed, or for a time",
    (destinations, origin, { for: forMs }) => destinations.pause(origin, { forMs }),
  ).option("--for <duration>", "resume by itself after so long, such as 30m", parseFor);
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
  change: (destinations: Service["destinations"], origin: string, options: LimitOptions) => Promise<void>,
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

function setLimits(
  destinations: Service["destinations"],
  origin: string,
  options: LimitOptions,
): Promise<void> {
  return destinations.limit(origin, toLimits(options), { forMs: options.for });
}

function toLimits({ rate, concurrency, none, for: forMs }: LimitOptions): Limits | null {
  const isGiven = rate !== undefined || concurrency !== undefined;
  if (isGiven === (none === true) || (none === true && forMs !== undefined))
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
  output.line(`limits  ${describeLimits(destination, describeSource)}`);
  output.line(
    lane === null
      ? "lane    shared with everybody"
      : `lane    ${lane}: ${waiting} waiting, ${delayed} delayed, ${inFlight} in flight`,
  );
}

function describeState(destination: Destination): string {
  const { isPaused, pausedUntil, circuit, circuitSince, probeAt, coolsUntil } = destination;
  const since = circuitSince === null ? "" : ` since ${describeTime(circuitSince)}`;
  const probe = probeAt === null ? "" : `, next probe at ${describeTime(probeAt)}`;
  const state = circuit === "closed" ? "circuit closed" : `circuit ${circuit}${since}${probe}`;
  const cooldown = coolsUntil === null ? "" : `, asked to be left alone until ${describeTime(coolsUntil)}`;
  const pause = pausedUntil === null ? "paused, " : `paused until ${describeTime(pausedUntil)}, `;
  return `${isPaused ? pause : ""}${state}${cooldown}`;
}

/** @param describe what stands behind a limit about whose it is. */
function describeLimits(
  { limits, limitSources, adaptiveRatePerSecond, throttledSince }: Destination,
  describe: (source: LimitSource | undefined) => string = () => "",
): string {
  const { ratePerSecond, concurrency } = limits;
  const since = throttledSince === null ? "" : `, since ${describeTime(throttledSince)}`;
  const parts = [
    ...(ratePerSecond === undefined
      ? []
      : [`${ratePerSecond} a second${describe(limitSources.ratePerSecond)}`]),
    ...(concurrency === undefined ? [] : [`${concurrency} at once${describe(limitSources.concurrency)}`]),
    ...(adaptiveRatePerSecond === null
      ? []
      : [`its 429s allow ${Math.round(adaptiveRatePerSecond * 100) / 100} a second${since}`]),
  ];
  return parts.length === 0 ? "none" : parts.join(", ");
}

function describeSource(source: LimitSource | undefined): string {
  if (source === undefined) return "";
  const { by, until } = source;
  if (by !== OPERATOR) return ` (action ${by})`;
  if (until === null) return " (an operator's, until it is taken back)";
  return ` (an operator's, until ${describeTime(until)}, in ${describeDuration(Math.max(0, until - Date.now()))})`;
}
