// What is measured apart from the cases, each in rounds of its own.

import type { Bench, Size } from "./measure.ts";
import { measurePlanCosts, type PlanCosts } from "./plan-costs.ts";
import { measurePosts, type PostsMeasurement } from "./posts.ts";
import type { Rounds } from "./report.ts";
import { measureStreaming, type StreamingMeasurement } from "./streaming.ts";

export interface ApartOptions extends Size {
  readonly rounds: number;
  readonly isStreaming: boolean;
  readonly isPosting: boolean;
  readonly isPlanning: boolean;
}

type Say = (line: string) => void;

/** Those that the options ask for; none of the others. */
export async function measureApart(
  bench: Bench,
  options: ApartOptions,
  say: Say,
): Promise<Pick<Rounds, "streaming" | "posts" | "planning">> {
  return {
    streaming: await stream(bench, options, say),
    posts: await postAll(bench, options, say),
    planning: await measureForPlans(bench, options, say),
  };
}

async function stream(bench: Bench, options: ApartOptions, say: Say): Promise<StreamingMeasurement[]> {
  const measured: StreamingMeasurement[] = [];
  for (let round = 0; options.isStreaming && round < options.rounds; round++) {
    const measurement = await measureStreaming(bench, options, round % 2 === 0);
    measured.push(measurement);
    const { apiMicrosPerDelivery: api, libraryMicrosPerDelivery: library } = measurement;
    say(
      `round ${round + 1} of ${options.rounds}: API ${Math.round(api)} µs, library ${Math.round(library)} µs`,
    );
  }
  return measured;
}

async function postAll(bench: Bench, options: ApartOptions, say: Say): Promise<PostsMeasurement[]> {
  const measured: PostsMeasurement[] = [];
  for (let round = 0; options.isPosting && round < options.rounds; round++) {
    const measurement = await measurePosts(bench, options, round % 2 === 0);
    measured.push(measurement);
    const { apiMicrosPerDelivery: api, bareMicrosPerDelivery: bare } = measurement;
    say(`round ${round + 1} of ${options.rounds}: a POST ${Math.round(api)} µs, bare ${Math.round(bare)} µs`);
  }
  return measured;
}

async function measureForPlans(bench: Bench, options: ApartOptions, say: Say): Promise<PlanCosts[]> {
  const measured: PlanCosts[] = [];
  for (let round = 0; options.isPlanning && round < options.rounds; round++) {
    measured.push(await measurePlanCosts(bench));
    say(`round ${round + 1} of ${options.rounds}: costs at lower rates`);
  }
  return measured;
}
