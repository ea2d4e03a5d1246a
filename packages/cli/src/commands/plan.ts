// `postrider plan`: how large an installation has to be for a load.

import type { Command } from "commander";
import type { Context } from "../context.ts";
import { PAYLOAD_BYTES_MIN } from "../load/load-action.ts";
import { MEASURED_COSTS } from "../plan/measured-costs.ts";
import { type CapacityPlan, planCapacity } from "../plan/plan-capacity.ts";
import { toPlanRows } from "../plan/plan-rows.ts";
import type { PlannedLoad } from "../plan/planned-load.ts";
import { parseShare, parseWithin } from "./load-arguments.ts";
import { parseWhole } from "./whole.ts";

interface PlanOptions {
  readonly rate: number;
  readonly latency: number;
  readonly backlog: number;
  readonly payload: number;
  readonly failures: number;
  readonly perDay?: number;
  readonly ownLanes: number;
  readonly json?: boolean;
}

const RATE_MAX = 10_000_000;
const LATENCY_MS_MAX = 300_000;
const COUNT_MAX = 1_000_000_000_000;
const PAYLOAD_BYTES_MAX = 262_144;
const OWN_LANES_MAX = 1_000_000;
const DAY_S = 86_400;

export function addPlan(program: Command, context: Context): void {
  program
    .command("plan")
    .description(
      "Tell how many workers, slots, shards and sockets, and how much memory and network, a load needs, by what the bench has measured",
    )
    .requiredOption("--rate <per-second>", "deliveries a second, at its peak", parseWithin(0.1, RATE_MAX))
    .requiredOption(
      "--latency <ms>",
      "how long destinations take to answer, on average",
      parseWithin(0, LATENCY_MS_MAX),
    )
    .requiredOption("--backlog <count>", "the most deliveries that wait at once", parseWhole(0, COUNT_MAX))
    .requiredOption(
      "--payload <bytes>",
      "JSON of a customer and its event, on average",
      parseWhole(2, PAYLOAD_BYTES_MAX),
    )
    .option(
      "--failures <share>",
      "share of attempts that fail and are tried again, from 0 to 0.9",
      parseShare,
      0,
    )
    .option(
      "--per-day <count>",
      "deliveries a day, where the rate does not last all day",
      parseWhole(1, COUNT_MAX),
    )
    .option(
      "--own-lanes <count>",
      "destinations and large runs with lanes of their own at once",
      parseWhole(0, OWN_LANES_MAX),
      0,
    )
    .option("--json", "for programs")
    .action((options: PlanOptions) => {
      const load = toLoad(options);
      const settings = context.settings();
      const plan = planCapacity(load, settings, MEASURED_COSTS);
      if (options.json === true)
        return context.output.json({ load, plan, measuredOn: MEASURED_COSTS.measuredOn });
      show(plan, context);
    });
}

function toLoad({ rate, latency, backlog, payload, failures, perDay, ownLanes }: PlanOptions): PlannedLoad {
  return {
    ratePerSecond: rate,
    latencyMs: latency,
    backlog,
    // Smaller ones cost no less.
    payloadBytes: Math.max(payload, PAYLOAD_BYTES_MIN),
    failures,
    perDay: perDay ?? rate * DAY_S,
    ownLanes,
  };
}

function show(plan: CapacityPlan, { output }: Context): void {
  output.table(["WHAT", "PLAN", "WHY"], toPlanRows(plan));
  output.line(
    `by measurements on ${MEASURED_COSTS.measuredOn}; other machines need more or less (docs/scaling.md)`,
  );
}
