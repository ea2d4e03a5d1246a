// Composes the request of every customer and sends none: what would fail, how often, and why.

import { createComposer } from "@postrider/compose/apart/composer";
import type { CompiledAction } from "@postrider/compose/compile";
import { toScope } from "@postrider/compose/scope";
import { withMaskedSecrets } from "@postrider/compose/secret-grants";
import type { Customer, Delivery } from "@postrider/shared/delivery";
import { describeProblems } from "@postrider/shared/errors";
import type { Reason } from "@postrider/shared/outcome";
import type { Output } from "../output.ts";

interface Failures {
  count: number;
  /** The first customer whom it befalls, as an example. */
  readonly customerId: string;
  readonly message: string;
}

/** Kinds of failure told apart; a template whose messages all differ must not fill the memory. */
const KINDS_MAX = 100;

/** What is composed, and what all deliveries of the run carry beside their customers. */
export interface Trial extends Pick<Delivery, "event" | "values"> {
  readonly action: CompiledAction;
}

/** Composes all and reports. @returns whether all would be sent. */
export async function dryRun(
  { action, ...extras }: Trial,
  customers: AsyncIterable<Customer>,
  asJson: boolean,
  output: Output,
): Promise<boolean> {
  const composer = createComposer();
  const failures = new Map<string, Failures & { reason: Reason }>();
  let composed = 0;
  let cancelled = 0;
  let failed = 0;
  let largestBytes = 0;
  const now = Date.now();
  for await (const customer of customers) {
    const id = `dry-run.${customer.id}`;
    const scope = withMaskedSecrets(toScope({ customer, ...extras }, id), action.action);
    const result = await composer.compose(action, { id, dueAt: now }, scope);
    if (result.kind === "request") {
      composed += 1;
      largestBytes = Math.max(largestBytes, Buffer.byteLength(result.request.body ?? ""));
      continue;
    }
    if (result.kind === "cancelled") {
      cancelled += 1;
      continue;
    }
    failed += 1;
    const message = describeProblems(result.problems);
    const known = failures.get(message);
    if (known !== undefined) known.count += 1;
    else if (failures.size < KINDS_MAX)
      failures.set(message, { reason: result.reason, count: 1, customerId: String(customer.id), message });
  }

  await composer.close();

  const kinds = [...failures.values()].sort((a, b) => b.count - a.count);
  if (asJson) {
    output.json({ dryRun: true, composed, cancelled, failed, largestBytes, failures: kinds });
    return failed === 0;
  }
  output.line(
    `dry run: ${composed} would be sent, ${cancelled} would be cancelled by the template, ${failed} would fail; the largest body has ${largestBytes} bytes`,
  );
  if (kinds.length > 0)
    output.table(
      ["COUNT", "REASON", "WHAT", "FOR EXAMPLE CUSTOMER"],
      kinds.map(({ count, reason, message, customerId }) => [count, reason, message, customerId]),
    );
  return failed === 0;
}
