// `postrider load`: deliveries at a fixed rate through one's own installation, to a receiver of this command,
// and how long they took.

import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { createLines } from "../bar.ts";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import type { Quantiles } from "../load/arrivals.ts";
import type { LoadProgress } from "../load/enqueue-as-due.ts";
import { PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MIN } from "../load/load-action.ts";
import { createLoadSchedule, DELIVERIES_MAX } from "../load/load-schedule.ts";
import type { LoadReport } from "../load/run-load.ts";
import { describeDuration } from "../readable.ts";
import { withProducer } from "../with-producer.ts";
import { parseFor, parseRate } from "./arguments.ts";
import { parseListen, parseReceiver, parseShare } from "./load-arguments.ts";
import { parseWhole } from "./whole.ts";

interface LoadCommandOptions {
  readonly rate: number;
  readonly for: number;
  readonly payload: number;
  readonly latency: number;
  readonly failures: number;
  readonly listen: { readonly host: string; readonly port: number };
  readonly receiver?: string;
  readonly lane?: string;
  readonly wait: number;
  readonly json?: boolean;
}

const LATENCY_MS_MAX = 60_000;
const LOOPBACK = { host: "127.0.0.1", port: 0 };

export function addLoad(program: Command, context: Context): void {
  program
    .command("load")
    .description(
      "Enqueue deliveries at a fixed rate to a receiver of this command, and measure from when each was due to when it arrived",
    )
    .requiredOption("--rate <per-second>", "deliveries a second", parseRate)
    .option("--for <duration>", "for how long: 90s, 10m", parseFor, 60_000)
    .option(
      "--payload <bytes>",
      "JSON of a customer",
      parseWhole(PAYLOAD_BYTES_MIN, PAYLOAD_BYTES_MAX),
      PAYLOAD_BYTES_MIN,
    )
    .option("--latency <ms>", "how long every answer takes", parseWhole(0, LATENCY_MS_MAX), 0)
    .option(
      "--failures <share>",
      "share of requests that are answered with 503, from 0 to 0.9",
      parseShare,
      0,
    )
    .option("--listen <host:port>", "where the receiver listens (127.0.0.1, any free port)", parseListen)
    .option("--receiver <url>", "how workers reach it, where that is not where it listens", parseReceiver)
    .option("--lane <name>", "shared lane to enqueue to")
    .option("--wait <duration>", "how long to wait for what is missing at the end", parseFor, 30_000)
    .option("--json", "for programs")
    .action(async (options: LoadCommandOptions, command: Command) => {
      const schedule = createLoadSchedule(options.rate, options.for);
      if (options.rate * (options.for / 1_000) > DELIVERIES_MAX)
        command.error(
          `error: --rate and --for come to more than ${DELIVERIES_MAX} deliveries; write a shorter --for`,
          { exitCode: 2 },
        );
      const { runLoad } = await import("../load/run-load.ts");
      const report = await withProducer(context.settings(), (producer) =>
        untilInterrupted((signal) =>
          runLoad({
            ...options,
            producer,
            schedule,
            signal,
            payloadBytes: options.payload,
            latencyMs: options.latency,
            listen: options.listen ?? LOOPBACK,
            settleMs: options.wait,
            token: randomUUID(),
            onProgress: createProgress(context),
          }),
        ),
      );
      if (report.lost > 0 || report.doubled > 0) context.end(1);
      if (options.json === true) return context.output.json(report);
      show(report, context);
    });
}

function createProgress({ surroundings }: Context): (progress: LoadProgress) => void {
  const say = createLines(surroundings.stderr);
  return ({ enqueued, arrived, count }) =>
    say(() => `${enqueued} of ${count} enqueued, ${arrived} have arrived`);
}

function show(report: LoadReport, { output }: Context): void {
  const { count, arrived, lost, doubled, refused, tookMs, ratePerSecond } = report;
  output.table(
    ["", "P50", "P99", "P99.9", "MOST"],
    [
      ["due to kept by Redis", ...toCells(report.dueToEnqueuedMs)],
      ["due to arrival", ...toCells(report.dueToArrivalMs)],
    ],
  );
  const answered = refused === 0 ? "" : `, ${refused} requests were refused and came again`;
  output.line(
    `${count} were due at ${ratePerSecond} a second; ${arrived} arrived within ${describeDuration(tookMs)}, ${lost} lost, ${doubled} doubled${answered}`,
  );
  const { enqueueFailures, dueToEnqueuedMs } = report;
  if (enqueueFailures > 0)
    output.line(`Redis did not take ${enqueueFailures} groups at first; they were handed in again`);
  if ((dueToEnqueuedMs?.p50 ?? 0) > LATE_MS)
    output.line(
      "half of them were enqueued late: this command or Redis is the limit; start several, or a lower --rate",
    );
}

/** A group is enqueued every ten milliseconds; so much later says that it could not be in time. */
const LATE_MS = 100;

function toCells(quantiles: Quantiles | null): readonly string[] {
  if (quantiles === null) return ["–", "–", "–", "–"];
  const { p50, p99, p999, max } = quantiles;
  return [p50, p99, p999, max].map((ms) => (ms < 100 ? `${ms.toFixed(1)} ms` : describeDuration(ms)));
}
