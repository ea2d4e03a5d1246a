// Waiting for the end of a run: a bar on a terminal, a plain line now and then elsewhere, and an exit code
// that says whether all were delivered.

import type { Writable } from "node:stream";
import type { Run } from "@postrider/producer/runs/run";
import { isOver } from "@postrider/producer/runs/run-end";
import { createBar, createLines } from "../bar.ts";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { describeDuration } from "../readable.ts";
import { toResumeLine } from "../resume.ts";
import type { Service } from "../service.ts";

interface WaitOptions {
  readonly timeoutMs?: number | undefined;
  readonly isQuiet: boolean;
  readonly context: Context;
  /** The words of a command that waits for this run; absent: those that were typed. */
  readonly again?: readonly string[];
}

/**
 * Waits, and ends the command with 1 unless the run is over and all of it was delivered.
 * @param timeoutMs absent: as long as it takes. @returns the run as it stands then.
 */
export async function waitForRun(
  { runs }: Pick<Service, "runs">,
  id: string,
  { timeoutMs, isQuiet, context, again = context.words }: WaitOptions,
): Promise<Run> {
  const view = isQuiet ? SILENT : createView(context.surroundings.stderr);
  try {
    const run = await untilInterrupted(
      (signal) =>
        runs.wait(id, { signal, onProgress: view.update, ...(timeoutMs !== undefined && { timeoutMs }) }),
      () => {
        view.end();
        context.output.note(`the run goes on by itself; this waits for its end: ${toResumeLine(again)}`);
      },
    );
    const complaint = complainOf(run, timeoutMs);
    if (complaint !== null) {
      context.end(1);
      view.end();
      context.output.note(complaint);
    }
    return run;
  } finally {
    view.end();
  }
}

/** Why a run is no success; null where it is one. */
function complainOf(run: Run, timeoutMs: number | undefined): string | null {
  const { enqueued, delivered, waiting, inFlight } = run;
  if (!isOver(run)) {
    const left = waiting + inFlight;
    const why =
      left > 0
        ? `${left} of ${enqueued} are left`
        : `nothing of it is left, but it is open: say that no more will come with runs close ${run.run}`;
    return `run ${run.run} is not over after ${describeDuration(timeoutMs ?? 0)}: ${why}`;
  }
  return delivered === enqueued
    ? null
    : `run ${run.run}: ${enqueued - delivered} of ${enqueued} ${enqueued - delivered === 1 ? "was" : "were"} not delivered`;
}

interface View {
  update(run: Run): void;
  end(): void;
}

const SILENT: View = { update: () => undefined, end: () => undefined };

function createView(output: Writable & { readonly isTTY?: boolean }): View {
  return output.isTTY === true ? showBar(output) : showLines(output);
}

function endedOf({ delivered, failed, expired, cancelled }: Run): number {
  return delivered + failed + expired + cancelled;
}

function showBar(output: Writable): View {
  const bar = createBar(output, "{delivered} delivered, {others} not | {rate} | {state}");
  bar.start(1, 0, { delivered: 0, others: 0, rate: "", state: "" });
  return {
    update(run) {
      bar.setTotal(Math.max(1, run.enqueued));
      bar.update(endedOf(run), {
        delivered: run.delivered,
        others: endedOf(run) - run.delivered,
        rate: run.endedPerSecond === null ? "" : `${run.endedPerSecond}/s`,
        state: describeState(run),
      });
    },
    end: () => bar.stop(),
  };
}

function describeState({ state, endsAt }: Run): string {
  if (state !== "running") return state;
  return endsAt === null ? "" : `${describeDuration(Math.max(0, endsAt - Date.now()))} left`;
}

function showLines(output: Writable): View {
  const say = createLines(output);
  return {
    update: (run) =>
      say(
        () => `${endedOf(run)} of ${run.enqueued} ended, ${run.delivered} delivered; ${describeState(run)}`,
      ),
    end: () => undefined,
  };
}
