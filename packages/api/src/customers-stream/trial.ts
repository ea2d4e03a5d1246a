// Composes the requests of a stream of customers and sends and enqueues none: how many would be sent, what
// would fail and why, and what the first ones look like.

import type { Composer } from "@postrider/compose/apart/composer";
import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import { toPreview } from "@postrider/compose/preview";
import type { Composed } from "@postrider/compose/request";
import { toScope } from "@postrider/compose/scope";
import { withMaskedSecrets } from "@postrider/compose/secret-grants";
import type { SavedAction } from "@postrider/producer/actions/saved-versions";
import type { GoodLine } from "@postrider/producer/customers/customer-line";
import { CustomersFileError } from "@postrider/producer/customers/customers-file-error";
import { readCustomers } from "@postrider/producer/customers/read-customers";
import { toAdmitted } from "@postrider/producer/enqueue/enqueue";
import { toActionRef } from "@postrider/shared/action-ref";
import type { Delivery } from "@postrider/shared/delivery";
import { describeProblems, PostriderError } from "@postrider/shared/errors";
import type { Reason } from "@postrider/shared/outcome";
import type { CustomersStream } from "./receive.ts";
import { createRejectedLines, type RejectedLine } from "./rejected-lines.ts";
import { unlessSilent } from "./unless-silent.ts";

/** Kinds of failure told apart: a template whose messages all differ must not fill the memory. */
const KINDS_MAX = 100;
const SAMPLES = 3;
/** Enough to see what it is. */
const SAMPLE_BODY_CHARS = 2_000;
const MESSAGE_CHARS_MAX = 1_000;

export interface TrialCounts {
  readonly composed: number;
  readonly cancelled: number;
  readonly failed: number;
  readonly rejected: number;
  /** All up to this line is tried. */
  readonly line: number;
}

export interface FailedKind {
  readonly reason: Reason;
  readonly message: string;
  count: number;
  /** The first whom it befalls. */
  readonly customerId: string | number | bigint;
  readonly line: number;
}

export interface Sample {
  readonly customerId: string | number | bigint;
  readonly method: string;
  readonly url: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string | null;
}

export interface Trial {
  counts(): TrialCounts;
  /** What most fail for first. */
  kinds(): readonly FailedKind[];
  samples(): readonly Sample[];
  rejectedLines(): readonly RejectedLine[];
  /** Null: all was read. Never rejects. */
  readonly ended: Promise<{ readonly error: unknown } | null>;
  stop(why: Error): void;
}

export interface TrialOf extends Pick<Delivery, "event" | "values"> {
  readonly saved: SavedAction;
  readonly composer: Composer;
  readonly now: () => number;
}

/** How often the event loop is left to others, while templates compose without a promise. */
const TURN = 200;

export function tryCustomers(stream: CustomersStream, of: TrialOf): Trial {
  const action = compileAction(of.saved.action);
  const rejected = createRejectedLines(stream.rejectedMax);
  const kinds = new Map<string, FailedKind>();
  const samples: Sample[] = [];
  const counts = { composed: 0, cancelled: 0, failed: 0, line: stream.after };
  let stopped: Error | null = null;

  const tryOne = async (good: GoodLine): Promise<void> => {
    const problem = findTooLarge(good, of);
    if (problem !== null) {
      rejected.add({ line: good.line, column: 1, message: problem });
      return;
    }
    const { composed, sample } = await compose(good, action, of, samples.length < SAMPLES);
    if (sample !== null) samples.push(sample);
    if (composed.kind === "request") counts.composed += 1;
    else if (composed.kind === "cancelled") counts.cancelled += 1;
    else {
      counts.failed += 1;
      note(kinds, composed, good);
    }
  };
  const read = async (): Promise<void> => {
    const bytes = unlessSilent(stream.bytes, stream.silenceMs);
    let read = 0;
    for await (const line of readCustomers(bytes, { format: stream.format, after: stream.after })) {
      if (stopped !== null) throw stopped;
      if ("problem" in line) rejected.add({ line: line.line, column: line.column, message: line.problem });
      else await tryOne(line);
      counts.line = line.end;
      read += 1;
      if (read % TURN === 0) await new Promise(setImmediate);
    }
  };
  const ended = read().then(
    () => null,
    (error: unknown) => ({ error: toTold(error) }),
  );
  return {
    counts: () => ({ ...counts, rejected: rejected.count() }),
    kinds: () => [...kinds.values()].sort((a, b) => b.count - a.count),
    samples: () => samples,
    rejectedLines: rejected.list,
    ended,
    stop(why) {
      stopped ??= why;
    },
  };
}

/** Why a customer cannot be enqueued, though its line can be read. */
function findTooLarge({ customer }: GoodLine, { saved, event, values }: TrialOf): string | null {
  const frame = { action: toActionRef(saved), ...(event && { event }), ...(values && { values }) };
  try {
    toAdmitted(customer, frame, { customerSealer: null, isIndexed: false });
    return null;
  } catch (error) {
    if (error instanceof PostriderError) return error.message;
    throw error;
  }
}

async function compose(
  { customer }: GoodLine,
  action: CompiledAction,
  { event, values, composer, now }: TrialOf,
  isSample: boolean,
): Promise<{ readonly composed: Composed; readonly sample: Sample | null }> {
  const id = `dry-run.${customer.id}`;
  const extras = { ...(event && { event }), ...(values && { values }) };
  const scope = withMaskedSecrets(toScope({ customer, ...extras }, id), action.action);
  const composed = await composer.compose(action, { id, dueAt: now() }, scope);
  if (!isSample || composed.kind !== "request") return { composed, sample: null };
  const { method, url, headers, body } = toPreview(action, scope, composed);
  const shown = body === null ? null : body.slice(0, SAMPLE_BODY_CHARS);
  return { composed, sample: { customerId: customer.id, method, url, headers, body: shown } };
}

function note(
  kinds: Map<string, FailedKind>,
  { reason, problems }: Extract<Composed, { kind: "problem" }>,
  { customer, line }: GoodLine,
): void {
  const message = describeProblems(problems).slice(0, MESSAGE_CHARS_MAX);
  const known = kinds.get(message);
  if (known !== undefined) known.count += 1;
  else if (kinds.size < KINDS_MAX)
    kinds.set(message, { reason, message, count: 1, customerId: customer.id, line });
}

function toTold(error: unknown): unknown {
  if (!(error instanceof CustomersFileError)) return error;
  return new PostriderError("customers_unreadable", error.message, { cause: error });
}
