// The story of one attempt: open, compose, find the lane, authorize, send, decide. Every exit goes through decide, so no rule about the
// future lives anywhere else. Recording and settling are later steps.

import type { Composer } from "@postrider/compose/apart/composer";
import type { CompiledAction } from "@postrider/compose/compile";
import type { Composed, ComposedRequest } from "@postrider/compose/request";
import { toFacts, toScope } from "@postrider/compose/scope";
import { describeProblems } from "@postrider/shared/errors";
import { RETRY_PRESETS, type RetryPolicy, toRetryPolicy } from "@postrider/shared/retry";
import type { FindAction } from "./actions.ts";
import { type Attempted, type Claimed, type Finding, NOT_SENT, type SendTimings } from "./attempt.ts";
import type { Authorize, Authorized, Errand } from "./authorize/authorize.ts";
import { addSensitiveHeaders, conceal, type Sensitive, sensitiveSecrets } from "./authorize/conceal.ts";
import type { Random } from "./decide/backoff.ts";
import { decide } from "./decide/decide.ts";
import { judgeSuccess } from "./decide/success.ts";
import type { Destinations } from "./destinations/destinations.ts";
import type { Spacing } from "./destinations/rate-limiter.ts";
import type { Open } from "./open/open.ts";
import type { Sent } from "./send/exchange.ts";

export interface Steps {
  /** The compiled action, or null when the store has no such version. */
  readonly findAction: FindAction;
  readonly open: Open;
  readonly compose: Composer["compose"];
  /** The own lane in which the request has to wait its turn; null where it may be sent now. */
  readonly findLane: Destinations["findLane"];
  /** Told when an exchange begins, and what came of it. */
  readonly begin: Destinations["begin"];
  readonly authorize: Authorize;
  /** Waits for the moment at which its lane's rate lets it be sent; null: at once. False: it must not be sent now. */
  readonly awaitMoment: Spacing["wait"];
  /** `leftMs` of the attempt's one deadline are left. */
  readonly send: (
    request: ComposedRequest,
    compiled: Pick<CompiledAction, "action" | "secretHeaders">,
    leftMs: number,
  ) => Promise<Sent>;
  readonly now: () => number;
  readonly random: Random;
}

/** Makes one attempt and decides what follows from it. Throws nothing that the network or the data can cause. */
export async function deliver(claimed: Claimed, steps: Steps): Promise<Attempted> {
  const { finding: found, sensitive, policy, ...facts } = await attempt(claimed, steps);
  const finding = conceal(found, sensitive);
  const verdict = decide(finding, claimed, { policy, now: steps.now(), random: steps.random });
  return { finding, verdict, ...facts };
}

type Made = Omit<Attempted, "verdict"> & {
  readonly policy: RetryPolicy;
  /** Values that nobody may see in the finding. */
  readonly sensitive: Sensitive;
};

async function attempt(claimed: Claimed, steps: Steps): Promise<Made> {
  const startedAt = performance.now();
  const action = await steps.findAction(claimed.delivery.action);
  if (action === null) return unsent(ACTION_UNKNOWN, { policy: RETRY_PRESETS.campaign, startedAt });
  if ("kind" in action) return unsent(action, { policy: RETRY_PRESETS.campaign, startedAt });

  const policy = toRetryPolicy(action.action.retry);
  if (isTooOld(claimed, policy, steps.now())) return unsent(TOO_OLD, { policy, startedAt });
  const opened = await steps.open(claimed.delivery, action);
  if (opened.kind !== "opened") return unsent(opened, { policy, startedAt });

  const { delivery, secrets } = opened;
  const sensitive = sensitiveSecrets(secrets);
  const scope = toScope(delivery, claimed.id, secrets);
  const composed = await steps.compose(action, toFacts(delivery, claimed), scope);
  if (composed.kind === "cancelled")
    return unsent({ kind: "cancelled", message: composed.message }, { policy, startedAt, sensitive });
  if (composed.kind === "problem") return unsent(toFinding(composed), { policy, startedAt, sensitive });

  const { request } = composed;
  const lane = await steps.findLane(claimed, request.origin, action.action);
  if (lane !== null) return unsent({ kind: "misplaced", lane }, { policy, startedAt });

  const composeMs = performance.now() - startedAt;
  const deadline = startDeadline(action.action.timeoutMs);
  const errand = { id: delivery.key ?? claimed.id, action, secrets, sensitive, ...deadline };
  const { finding, timings } = await exchange(claimed, request, errand, steps);
  if (timings === null) return unsent(finding, { policy, startedAt, sensitive });
  return {
    finding,
    sensitive,
    policy,
    timings: { composeMs, ...timings },
    destination: request.origin,
  };
}

/** Only what would never compose ends the delivery. */
function toFinding({ reason, problems, passes }: Extract<Composed, { kind: "problem" }>): Finding {
  if (passes === "interrupted") return { kind: "interrupted" };
  if (passes === "unready")
    return { kind: "unready", reason: "template_too_costly", message: describeProblems(problems) };
  return { kind: "unsendable", reason, problems };
}

function unsent(
  finding: Finding,
  {
    policy,
    startedAt,
    sensitive = NOTHING,
  }: { policy: RetryPolicy; startedAt: number; sensitive?: Sensitive },
): Made {
  return {
    finding,
    sensitive,
    policy,
    timings: { composeMs: performance.now() - startedAt, ...NOT_SENT },
    destination: null,
  };
}

const NOTHING: Sensitive = new Set();

interface Exchanged {
  readonly finding: Finding;
  /** Null where there were no credentials to send with. */
  readonly timings: SendTimings | null;
}

/** Authorizes and sends. Its destination counts the delivery from the start: one that waits for a token holds a slot, too. */
async function exchange(
  claimed: Claimed,
  request: ComposedRequest,
  errand: Errand & Deadline,
  steps: Steps,
): Promise<Exchanged> {
  const end = steps.begin(claimed, request.origin);
  // Redis may be away when a token is looked for; that says nothing about the destination.
  let finding: Finding = { kind: "interrupted" };
  const startedAt = performance.now();
  try {
    const authorized = await steps.authorize(request, errand);
    if (authorized.kind !== "authorized") return { finding: authorized, timings: null };
    const tookMs = performance.now() - startedAt;
    // All that waited for one slow token would run out of time at a destination that has no part in it. The next attempt has the token.
    if (errand.leftMs() < tookMs) return { finding: toLate(tookMs), timings: null };
    const { finding: met, ...timings } = await sendAuthorized(claimed, authorized, errand, steps);
    addSensitiveHeaders(errand.sensitive, authorized.request, errand.action);
    finding = judgeSuccess(met, errand.action.action.success);
    return { finding, timings };
  } finally {
    end(finding);
  }
}

/**
 * Sends; where the destination refuses the token, once more with another one. That is a part of the same attempt, also of the last, and
 * under the same deadline.
 */
async function sendAuthorized(
  claimed: Claimed,
  { request, renew }: Authorized,
  errand: Errand & Deadline,
  steps: Steps,
): Promise<SendTimings & { readonly finding: Finding }> {
  const { leftMs } = errand;
  const sent = await sendInTurn(claimed, request, errand, steps);
  if (renew === null || sent.finding.kind !== "reply" || sent.finding.status !== 401) return sent;
  // With less time than the refusal took, all that could come of it is a timeout that hides what the destination has said.
  const isTooLate = (): boolean => leftMs() < sent.totalMs;
  if (isTooLate()) return sent;
  const renewed = await renew();
  if (renewed === null) return sent;
  if (renewed.kind !== "authorized") return { ...sent, finding: renewed };
  return isTooLate() ? sent : sendInTurn(claimed, renewed.request, errand, steps);
}

/** Sends at the moment that the lane's rate leaves for it. */
async function sendInTurn(
  claimed: Claimed,
  request: ComposedRequest,
  { action, leftMs, uncounted }: Errand & Deadline,
  steps: Steps,
): Promise<SendTimings & { readonly finding: Finding }> {
  const moment = steps.awaitMoment(claimed.lane);
  if (moment !== null && !(await uncounted(moment))) return UNTIMELY;
  // Tokens and moments take their time, and no attempt starts after it.
  const { expiresAt } = claimed.delivery;
  if (expiresAt !== undefined && steps.now() > expiresAt) return UNTIMELY;
  return steps.send(request, action, Math.max(1, leftMs()));
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

/** A retry that was held up for longer than anybody wants it, as by a circuit; decide could not know. */
function isTooOld({ attempt, agesFrom }: Claimed, { maxAgeMs }: RetryPolicy, now: number): boolean {
  return attempt > 1 && now > agesFrom + maxAgeMs;
}

const UNTIMELY = { finding: { kind: "untimely" }, ...NOT_SENT } as const;
const TOO_OLD: Finding = { kind: "unsendable", reason: "too_old", problems: [] };
const ACTION_UNKNOWN: Finding = { kind: "unsendable", reason: "action_unknown", problems: [] };
