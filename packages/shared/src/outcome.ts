// How a delivery ends, and why: the closed lists that the metric labels, the dead letters, the
// interfaces and the documents share. A new reason is added here and nowhere else; a test holds
// docs/reasons.md to this table.

export const OUTCOMES = ["delivered", "failed", "expired", "cancelled"] as const;
export type OutcomeKind = (typeof OUTCOMES)[number];

/** Why the last attempt, or the lack of one, ended the delivery. */
export const REASONS = {
  reply_2xx: "The destination accepted the request.",
  reply_unsuccessful:
    "The destination answered 2xx, and what it said breaks the action's rule of success: at once, or until no attempt was left, as the rule has it.",
  reply_1xx: "The destination ended with an informational status, which is no answer.",
  reply_3xx: "The destination redirected, and no redirect, or no further one, is followed.",
  reply_4xx: "The destination understood the request and refused it.",
  reply_408: "The destination waited too long for the request, until no attempt was left.",
  reply_425: "The destination did not want to risk an early request, until no attempt was left.",
  reply_429: "The destination limited the rate until the delivery was too old.",
  reply_5xx:
    "The destination failed, or answered a number beyond 599, until no attempt was left (501 and 505: at once).",
  gone: "The destination answered 410: it wants no more requests.",
  abort_message: "The destination asked to stop, with `webhook-delivery: abort-message`.",
  dns: "The destination's name could not be resolved.",
  connect: "No connection could be made.",
  connect_timeout: "No connection was made within connectTimeoutMs.",
  tls: "The TLS handshake failed.",
  certificate: "The destination's certificate is not valid.",
  timeout: "No answer came within timeoutMs.",
  reset: "The connection was closed before an answer came.",
  protocol: "What came back is not HTTP.",
  headers_too_large: "What came before the answer's status is too large.",
  proxy: "The egress proxy could not be reached, or refused the connection.",
  local:
    "The worker's machine lacked descriptors, ports, memory, a network, a name server or the permission to connect, until the delivery was too old.",
  address_forbidden:
    "The guard refused the destination: its address, name, port or scheme may not be reached. Nothing was sent to it.",
  action_unknown: "The action version that the delivery names is not in the store.",
  template: "A template could not be rendered.",
  template_too_costly: "Rendering took more time, memory or text than a template is granted.",
  value_missing:
    "A template prints a value that this customer does not have, or that is empty where a URL needs a path segment or the name of a parameter.",
  url_invalid: "The rendered URL is not an http or https URL.",
  header_invalid: "A rendered header value has characters that no header may carry.",
  body_invalid: "The rendered body is not the JSON that its content type promises.",
  request_too_large: "The composed request is larger than the limits allow.",
  key_missing:
    "Something is sealed under a key that the worker does not have, until the delivery was too old.",
  secret_missing: "A secret that the action uses is not in the store, until the delivery was too old.",
  secret_invalid: "A secret's value is of no use where the action uses it, until the delivery was too old.",
  auth_unavailable: "The token endpoint gave no token, until the delivery was too old.",
  auth_failed: "The token endpoint refused to give a token.",
  delivery_invalid: "What lies in the lane is not a delivery that this version can read.",
  crash: "The delivery's worker died several times while it was in flight.",
  internal: "A bug of Postrider's.",
  cancelled: "The action's template cancelled the delivery.",
  run_cancelled: "The run was cancelled before the delivery was sent.",
  withdrawn: "The delivery was cancelled by itself before it was sent.",
  too_old: "The delivery waited for another attempt until its retry policy's maxAgeMs had passed.",
  expired: "The delivery's expiresAt passed.",
} as const;
export type Reason = keyof typeof REASONS;

export const REASON_NAMES = Object.keys(REASONS) as readonly Reason[];

/** The outcome that a reason belongs to. */
export function outcomeOf(reason: Reason): OutcomeKind {
  if (reason === "reply_2xx") return "delivered";
  if (reason === "run_cancelled" || reason === "withdrawn") return "cancelled";
  return reason === "expired" || reason === "cancelled" ? reason : "failed";
}

/** How a delivery ended. The first one recorded for a delivery stands. */
export interface Outcome {
  readonly outcome: OutcomeKind;
  readonly reason: Reason;
  /** The last reply's HTTP status; null where none came. */
  readonly status: number | null;
  /** Attempts made, those that cost none included. */
  readonly attempts: number;
  /** Unix ms. */
  readonly endedAt: number;
}

/** What Redis knows of a delivery without looking for it: the lane that it is in, or how it ended. */
export type Mark =
  /** `isReleased`: by itself, out of a run that is held. */
  | { readonly kind: "in"; readonly lane: string; readonly isReleased: boolean }
  | ({ readonly kind: "ended" } & Outcome);

/** Before each lane's name in a mark; no outcome begins like this. Scripts look for it, too. */
export const IN_LANE = "in ";

/** After it, where a delivery was released by itself. */
export const RELEASED = " released";

/** The mark of a delivery that is in a lane. */
export function toLaneMark(lane: string): string {
  return IN_LANE + lane;
}

/** The mark of a delivery that has ended. Short, since there may be hundreds of millions. */
export function encodeOutcome({ outcome, reason, status, attempts, endedAt }: Outcome): string {
  return `${outcome} ${reason} ${status ?? "-"} ${attempts} ${endedAt}`;
}

/** What a mark tells; null when the text is none. */
export function decodeMark(mark: string): Mark | null {
  if (mark.startsWith(IN_LANE)) {
    const [lane = "", ...flags] = mark.slice(IN_LANE.length).split(" ");
    return { kind: "in", lane, isReleased: flags.length > 0 };
  }
  const [outcome, reason, status, attempts, endedAt] = mark.split(" ");
  if (!OUTCOMES.includes(outcome as OutcomeKind) || reason === undefined || endedAt === undefined)
    return null;
  return {
    kind: "ended",
    outcome: outcome as OutcomeKind,
    reason: reason as Reason,
    status: status === "-" ? null : Number(status),
    attempts: Number(attempts),
    endedAt: Number(endedAt),
  };
}

/** For the default branch of a switch over a closed union: a new member becomes a compile error there. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
