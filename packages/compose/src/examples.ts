// Whether the examples of an action come out as they say. Pure: what composes is the caller's.

import { isDeepStrictEqual } from "node:util";
import type { Action } from "@postrider/shared/action";
import { parseCustomer, parseValues } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";
import type { Example } from "@postrider/shared/example";
import type { CompiledAction } from "./compile.ts";
import type { DeliveryFacts } from "./dialect/delivery-facts.ts";
import type { Scope } from "./render/template.ts";
import { type Composed, type ShownRequest, toShown } from "./request.ts";
import { toScope } from "./scope.ts";
import { withMaskedSecrets } from "./secret-grants.ts";

/** One thing that differs. */
export interface Difference {
  /**
   * `method`, `url`, `header X-A`, `body`, `body.name[0]`, or `end` where the delivery ended otherwise
   * altogether.
   */
  readonly what: string;
  readonly expected: unknown;
  /** Undefined where there is none. */
  readonly actual: unknown;
}

/** An example by its name, with what differs; nothing: it came out as it says. */
export interface ExampleRun {
  readonly name: string;
  readonly differences: readonly Difference[];
}

/** Composes as it is done for deliveries, where what takes too long can be stopped. */
export type Compose = (
  action: CompiledAction,
  facts: DeliveryFacts,
  scope: Scope,
) => Composed | Promise<Composed>;

/** Composes every example of an action, and compares. */
export async function runExamples(
  compiled: CompiledAction,
  examples: readonly Example[],
  compose: Compose,
): Promise<ExampleRun[]> {
  const runs: ExampleRun[] = [];
  for (const [index, example] of examples.entries()) {
    const composed = await composeExample(compiled, example, compose);
    runs.push({
      name: example.name ?? `example ${index + 1}`,
      differences: compareExample(example, composed, compiled.action),
    });
  }
  return runs;
}

/** What a producer would refuse ends the example as such. */
async function composeExample(
  compiled: CompiledAction,
  example: Example,
  compose: Compose,
): Promise<Composed> {
  try {
    const scope = toScope(
      {
        customer: parseCustomer(example.customer),
        ...(example.event !== undefined && { event: example.event }),
        ...(example.values !== undefined && { values: parseValues(example.values) }),
      },
      example.deliveryId,
    );
    const facts = { id: example.deliveryId, dueAt: Date.parse(example.at) };
    return await compose(compiled, facts, withMaskedSecrets(scope, compiled.action));
  } catch (error) {
    if (!(error instanceof PostriderError)) throw error;
    return {
      kind: "problem",
      reason: "delivery_invalid",
      problems: [{ field: error.code, message: error.message }],
    };
  }
}

/**
 * How what was composed, with masked secrets, differs from what the example says. Credentials are compared as
 * they are shown: `***`.
 */
function compareExample(
  example: Example,
  composed: Composed,
  action: Pick<Action, "auth" | "signing">,
): Difference[] {
  const expected = toExpectedEnd(example);
  const actual = toEnd(composed);
  if (example.request === undefined || composed.kind !== "request")
    return isDeepStrictEqual(expected, actual) ? [] : [{ what: "end", expected, actual: explain(composed) }];
  return compareRequest(example.request, toShown(composed.request, action));
}

function toExpectedEnd({ request, cancelled, fails }: Example): string {
  if (request !== undefined) return "request";
  return cancelled === undefined ? `fails: ${fails}` : `cancelled: ${cancelled}`;
}

function toEnd(composed: Composed): string {
  if (composed.kind === "request") return "request";
  return composed.kind === "cancelled" ? `cancelled: ${composed.message}` : `fails: ${composed.reason}`;
}

function explain(composed: Composed): string {
  if (composed.kind !== "problem") return toEnd(composed);
  return `${toEnd(composed)} (${composed.problems.map(({ field, message }) => `${field}: ${message}`).join("; ")})`;
}

function compareRequest(expected: NonNullable<Example["request"]>, actual: ShownRequest): Difference[] {
  const differences: Difference[] = [];
  for (const what of ["method", "url"] as const)
    if (expected[what] !== undefined && expected[what] !== actual[what])
      differences.push({ what, expected: expected[what], actual: actual[what] });
  for (const { name, value } of expected.headers ?? []) {
    const same = actual.headers.filter((header) => header.name.toLowerCase() === name.toLowerCase());
    if (!same.some((header) => header.value === value))
      differences.push({ what: `header ${name}`, expected: value, actual: same[0]?.value });
  }
  return "body" in expected ? [...differences, ...compareBody(expected.body, actual.body)] : differences;
}

function compareBody(expected: unknown, actual: string | null): Difference[] {
  if (typeof expected === "string" || expected === null || actual === null)
    return expected === actual ? [] : [{ what: "body", expected, actual }];
  try {
    return compareJson("body", expected, parseExact(actual));
  } catch {
    return [{ what: "body", expected, actual }];
  }
}

/** The innermost places where two JSON values differ. */
function compareJson(what: string, expected: unknown, actual: unknown): Difference[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  if (Array.isArray(expected) && Array.isArray(actual))
    return Array.from({ length: Math.max(expected.length, actual.length) }).flatMap((_, index) =>
      compareJson(`${what}[${index}]`, expected[index], actual[index]),
    );
  if (isObject(expected) && isObject(actual))
    return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((name) =>
      compareJson(`${what}.${name}`, own(expected, name), own(actual, name)),
    );
  return [{ what, expected, actual }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
