// What the API answered instead of what was asked for, or why no answer came.

/** One broken rule, as the API tells it. */
export interface ProblemTold {
  /** JSON pointer into the body; of another part of the request its name, such as `query limit`. */
  readonly pointer: string;
  /** What to change. */
  readonly message: string;
  readonly code?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ApiErrorFacts {
  readonly code: string;
  readonly status?: number | undefined;
  readonly problems?: readonly ProblemTold[] | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly isTemporary?: boolean;
  readonly cause?: unknown;
}

/** An error with a stable code. Match on `code`, never on the message. */
export class ApiError extends Error {
  /** As docs/reasons.md lists them; `api_unreachable` and `api_foreign` are the client's own. */
  readonly code: string;
  /** The HTTP status; null where no answer came. */
  readonly status: number | null;
  /** What to change, by field. */
  readonly problems: readonly ProblemTold[];
  /** Under which the API's log holds more; null where no answer came. */
  readonly requestId: string | null;
  /** How long the API asks to be left alone; null where it does not. */
  readonly retryAfterMs: number | null;
  /** Whether the same request may well go through a moment later. */
  readonly isTemporary: boolean;

  constructor(message: string, facts: ApiErrorFacts) {
    super(message, "cause" in facts ? { cause: facts.cause } : undefined);
    this.name = "ApiError";
    this.code = facts.code;
    this.status = facts.status ?? null;
    this.problems = facts.problems ?? [];
    this.requestId = facts.requestId ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.isTemporary = facts.isTemporary === true;
  }
}

/** Codes under a status that asks to come again, where that would do harm: a test send may have been sent. */
const NEVER_AGAIN: ReadonlySet<string> = new Set(["worker_unavailable"]);
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface ProblemDetails {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId?: string;
  readonly problems?: readonly ProblemTold[];
}

/** Whether a value is problem details as the API sends them. */
export function isProblemDetails(value: unknown): value is ProblemDetails {
  if (typeof value !== "object" || value === null) return false;
  const { code, status, detail } = value as Partial<Record<keyof ProblemDetails, unknown>>;
  return typeof code === "string" && typeof status === "number" && typeof detail === "string";
}

/** @param retryAfterMs as a header of the answer has it. */
export function toApiError(problem: ProblemDetails, retryAfterMs?: number): ApiError {
  const { code, status, detail, requestId, problems } = problem;
  const mayPass = TEMPORARY_STATUSES.has(status) || code === "idempotency_under_way";
  const isTemporary = mayPass && !NEVER_AGAIN.has(code);
  return new ApiError(detail, { code, status, problems, requestId, retryAfterMs, isTemporary });
}

/** What answered without problem details: a proxy on the way, or something else altogether. */
export function toForeign(url: string, status: number, what: string): ApiError {
  return TEMPORARY_STATUSES.has(status)
    ? new ApiError(`${url} answers ${status} (${what}), which is not the API's own answer`, {
        code: "api_unreachable",
        status,
        isTemporary: true,
      })
    : new ApiError(`what answers at ${url} is no Postrider API: ${status}, ${what}`, {
        code: "api_foreign",
        status,
      });
}

/** Faults that a moment's wait does not mend: no such name, and what is wrong with a certificate. */
const LASTING = /^(?:ENOTFOUND|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_)/;

/** Why no answer came, or only half of one. @param error what fetch threw. */
export function toUnreachable(url: string, error: unknown): ApiError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message, name } = cause as Partial<NodeJS.ErrnoException>;
  const isLate = name === "TimeoutError";
  // Node's messages often have the code in them.
  const told = (message ?? "").includes(code ?? "") ? [message] : [message, code];
  const why = isLate ? "no answer in time" : told.filter(Boolean).join(", ");
  return new ApiError(`${url} does not answer: ${why}`, {
    code: "api_unreachable",
    isTemporary: !LASTING.test(code ?? ""),
    cause: error,
  });
}
