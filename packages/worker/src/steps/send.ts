// The last step: credentials are added, and the request is sent when its lane's rate lets it, all under the
// attempt's one deadline.

import type { CompiledAction } from "@postrider/compose/compile";
import type { ComposedRequest } from "@postrider/compose/request";
import type { Success } from "@postrider/shared/success";
import { type Claimed, type Finding, NOT_SENT, type SendTimings, statusOf } from "../attempt.ts";
import type { Authorize, AuthorizeContext, Authorized } from "../authorize/authorize.ts";
import { addSensitiveHeaders } from "../authorize/conceal.ts";
import type { NoToken } from "../authorize/oauth.ts";
import { checkSuccess } from "../decide/check-success.ts";
import type { DestinationTracker } from "../destinations/destination-tracker.ts";
import type { RateLimiter } from "../destinations/rate-limiter.ts";
import { type Draft, known, type Step } from "../draft.ts";
import type { Sent } from "../send/findings.ts";
import { withTraceparent } from "../trace/propagate.ts";

/** Sends a request; `leftMs` of the attempt's one deadline are left. */
export type Send = (
  request: ComposedRequest,
  compiled: Pick<CompiledAction, "action" | "secretHeaders">,
  leftMs: number,
) => Promise<Sent>;

export interface Sending {
  readonly authorize: Authorize;
  /** Told when an exchange begins, and what came of it; the delivery keeps its slot until that is told on. */
  readonly begin: DestinationTracker["begin"];
  /**
   * Waits for the moment at which its lane's rate lets it be sent; null: at once. False: it must not be sent
   * now.
   */
  readonly awaitTurn: RateLimiter["wait"];
  readonly send: Send;
  readonly now: () => number;
}

export function createSend(sending: Sending): Step {
  return { name: "send", run: (draft) => exchange(draft, sending) };
}

/**
 * Authorizes and sends. Its destination counts the delivery from the start: one that waits for a token holds
 * a slot, too.
 */
async function exchange(draft: Draft, sending: Sending): Promise<Finding> {
  const { claimed, sensitive } = draft;
  const [action, request, { delivery, secrets }] = [
    known(draft.action),
    known(draft.request),
    known(draft.unsealed),
  ];
  const deadline = startDeadline(action.action.timeoutMs);
  const context = { id: delivery.key ?? claimed.id, action, secrets, sensitive, ...deadline };
  const end = sending.begin(claimed, request.origin);
  // Redis may be away when a token is looked for; that says nothing about the destination.
  let finding: Finding = { kind: "interrupted" };
  const startedAt = performance.now();
  try {
    const authorizing = sending.authorize(request, context);
    const authorized = authorizing instanceof Promise ? await authorizing : authorizing;
    if (authorized.kind !== "authorized") return authorized;
    const tookMs = performance.now() - startedAt;
    // All that waited for one slow token would run out of time at a destination that has no part in it. The
    // next attempt has the token.
    if (context.leftMs() < tookMs) return toLate(tookMs);
    const sent = await sendAuthorized(claimed, authorized, context, sending);
    draft.sent = sent;
    draft.destination = request.origin;
    addSensitiveHeaders(sensitive, authorized.request, action);
    finding = sent.finding;
    return finding;
  } finally {
    const told = end(finding);
    if (told !== null) await told;
  }
}

type SentInTurn = SendTimings & { readonly finding: Finding };

/** Sends; without a promise of its own where nothing but the answer has to be waited for. */
function sendAuthorized(
  claimed: Claimed,
  { request, renew }: Authorized,
  context: AuthorizeContext & Deadline,
  sending: Sending,
): Promise<SentInTurn> {
  const sent = sendInTurn(claimed, request, context, sending);
  return renew === null ? sent : sendAgain(sent, renew, claimed, context, sending);
}

/**
 * Where the destination refuses the token, once more with another one. That is a part of the same attempt,
 * also of the last, and under the same deadline.
 */
async function sendAgain(
  sending: Promise<SentInTurn>,
  renew: NonNullable<Authorized["renew"]>,
  claimed: Claimed,
  context: AuthorizeContext & Deadline,
  options: Sending,
): Promise<SentInTurn> {
  const sent = await sending;
  if (sent.finding.kind !== "reply" || statusOf(sent.finding) !== 401) return sent;
  // With less time than the refusal took, all that could come of it is a timeout that hides what the
  // destination has said.
  const isTooLate = (): boolean => context.leftMs() < sent.totalMs;
  if (isTooLate()) return sent;
  const renewed = await renew();
  if (renewed === null) return sent;
  if (renewed.kind !== "authorized") return { ...sent, finding: afterRefusal(renewed) };
  return isTooLate() ? sent : sendInTurn(claimed, renewed.request, context, options);
}

/** Why there is no other token, and that it was asked for since the destination refused the one it got. */
function afterRefusal(finding: NoToken): NoToken {
  const toMessage = (message: string): string => `the destination answered 401 to its token, and ${message}`;
  if (finding.kind === "unready") return { ...finding, message: toMessage(finding.message) };
  if (finding.kind !== "unsendable") return finding;
  const problems = finding.problems.map((problem) => ({ ...problem, message: toMessage(problem.message) }));
  return { ...finding, problems };
}

/** Sends at the moment that the lane's rate leaves for it. */
function sendInTurn(
  claimed: Claimed,
  request: ComposedRequest,
  context: AuthorizeContext & Deadline,
  sending: Sending,
): Promise<SentInTurn> {
  const moment = sending.awaitTurn(claimed.lane);
  if (moment === null) return sendNow(claimed, request, context, sending);
  return context
    .uncounted(moment)
    .then((isItsTurn) => (isItsTurn ? sendNow(claimed, request, context, sending) : THROTTLED));
}

function sendNow(
  { trace, delivery }: Claimed,
  request: ComposedRequest,
  { action, leftMs }: AuthorizeContext & Deadline,
  sending: Sending,
): Promise<SentInTurn> {
  // Tokens and moments take their time, and no attempt starts after it.
  if (delivery.expiresAt !== undefined && sending.now() > delivery.expiresAt)
    return Promise.resolve(THROTTLED);
  if (trace !== null) trace.exchange = { method: request.method, startedAt: performance.now() };
  const sent = sending.send(withTraceparent(request, trace), action, Math.max(1, leftMs()));
  const { success } = action.action;
  return success === undefined ? sent : sent.then((known) => judge(known, success));
}

/** Before all that follows from a status: a 401 that only the body tells asks for another token, too. */
function judge(sent: SentInTurn, success: Success): SentInTurn {
  return { ...sent, finding: checkSuccess(sent.finding, success) };
}

function toLate(tookMs: number): Finding {
  const message = `the access token took ${Math.round(tookMs)} ms, and less was left for the request`;
  return { kind: "unready", reason: "auth_unavailable", message };
}

/** The attempt's one deadline, over a token, the request and its repetition. */
interface Deadline {
  readonly leftMs: () => number;
  /** What this waits for does not count: it is no time of the destination's. */
  readonly uncounted: <Result>(wait: Promise<Result>) => Promise<Result>;
}

function startDeadline(timeoutMs: number): Deadline {
  let endsAt = performance.now() + timeoutMs;
  return {
    leftMs: () => endsAt - performance.now(),
    async uncounted(wait) {
      const startedAt = performance.now();
      const result = await wait;
      endsAt += performance.now() - startedAt;
      return result;
    },
  };
}

const THROTTLED = { finding: { kind: "throttled" }, ...NOT_SENT } as const;
