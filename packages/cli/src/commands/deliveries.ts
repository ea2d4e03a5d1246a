// `postrider deliveries`: everything about one delivery, and what comes next; and what may be changed of one
// that waits.

import type { DeliveryShown } from "@postrider/producer/deliveries/deliveries";
import { PostriderError } from "@postrider/shared/errors";
import { REASONS } from "@postrider/shared/outcome";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeCount, describeCustomer, describeTime } from "../readable.ts";
import { withService } from "../with-service.ts";
import { parseTime } from "./arguments.ts";
import { describeAttempt } from "./attempt-text.ts";
import { addDeliveriesCancel } from "./deliveries-cancel.ts";
import { addDeliveriesList } from "./deliveries-list.ts";

interface Json {
  readonly json?: boolean;
}

interface RescheduleOptions extends Json {
  readonly sendAt?: Date | null;
  readonly expiresAt?: Date | null;
}

export function addDeliveries(program: Command, context: Context): void {
  const { settings, output } = context;
  const group = program
    .command("deliveries")
    .description("Deliveries: listed by a filter, explained, cancelled and rescheduled");
  addDeliveriesList(group, context);
  group
    .command("show <delivery>")
    .description("Explain one delivery: where it is, what its attempts met and why, what comes next")
    .option("--json", "for programs")
    .action(async (id: string, { json }: Json) => {
      const shown = await withService(settings(), ({ deliveries }) => deliveries.show(id));
      if (json === true) output.json(shown);
      else show(shown, context);
    });
  addDeliveriesCancel(group, context);
  group
    .command("reschedule <delivery>")
    .description("Change the times of a delivery that waits")
    .option("--send-at <time>", "not before this time; now: at once", parseTimeOr("now"))
    .option("--expires-at <time>", "no attempt after this time; never: take that away", parseTimeOr("never"))
    .option("--json", "for programs")
    .addHelpText(
      "after",
      `
Examples:
  postrider deliveries reschedule ruIe2MQM.WawbLD80sNRZRc3V22zDfQ --send-at 2026-12-24T09:00:00Z
  postrider deliveries reschedule ruIe2MQM.WawbLD80sNRZRc3V22zDfQ --send-at now --expires-at never`,
    )
    .action(async (id: string, { json, ...changes }: RescheduleOptions) => {
      if (Object.keys(changes).length === 0)
        throw new PostriderError("delivery_invalid", "give --send-at or --expires-at, or both");
      await withService(settings(), ({ deliveries }) => deliveries.changeTimes(id, changes));
      if (json === true) return output.json({ rescheduled: id });
      output.line(`${id} rescheduled`);
    });
}

/** A time, or a word for none. */
function parseTimeOr(none: string): (text: string) => Date | null {
  return (text) => (text === none ? null : parseTime(text));
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
    output.line(
      `outcome      ${outcome.outcome} at ${describeTime(endedAt)} after ${describeCount(attempts, "attempt")}`,
    );
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
