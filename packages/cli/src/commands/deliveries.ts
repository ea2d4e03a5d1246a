// `postrider deliveries show`: everything about one delivery, and what comes next.

import type { DeliveryShown } from "@postrider/producer/deliveries/deliveries";
import { REASONS } from "@postrider/shared/outcome";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeCustomer, describeTime } from "../readable.ts";
import { withProducer } from "../with-producer.ts";
import { describeAttempt } from "./attempt-text.ts";

export function addDeliveries(program: Command, context: Context): void {
  program
    .command("deliveries")
    .description("Single deliveries")
    .command("show <delivery>")
    .description("Explain one delivery: where it is, what its attempts met and why, what comes next")
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const shown = await withProducer(context.settings(), ({ deliveries }) => deliveries.show(id));
      if (json === true) context.output.json(shown);
      else show(shown, context);
    });
}

function show(shown: DeliveryShown, { output }: Context): void {
  const { id, state, lane, action, customerId, run, destination, outcome, enqueuedAt } = shown;
  output.line(`delivery     ${id}: ${state}${lane === null ? "" : ` in lane ${lane}`}`);
  if (action !== null) output.line(`action       ${action}, customer ${describeCustomer(customerId)}`);
  if (run !== null) output.line(`run          ${run.run}, ${run.state}`);
  if (destination !== null) output.line(`destination  ${destination.origin}, ${describeState(destination)}`);
  if (enqueuedAt !== null) output.line(`enqueued     ${describeTime(enqueuedAt)}`);
  if (shown.expiresAt !== null) output.line(`expires      ${describeTime(shown.expiresAt)}`);
  if (shown.idempotencyKey !== id) output.line(`key          ${shown.idempotencyKey}`);
  if (outcome !== null) {
    const { reason, attempts, endedAt } = outcome;
    output.line(`outcome      ${outcome.outcome} at ${describeTime(endedAt)} after ${attempts} attempt(s)`);
    output.line(`reason       ${reason}: ${REASONS[reason] ?? ""}`);
  }
  for (const attempt of shown.attempts) {
    output.line(`  ${describeAttempt(attempt)}`);
    output.line(`    ${attempt.rule}`);
  }
  output.line(`next         ${shown.next.message}`);
}

function describeState({ isPaused, circuit }: NonNullable<DeliveryShown["destination"]>): string {
  return isPaused ? "paused" : `circuit ${circuit}`;
}
