// Errors as callers are told them: problem details (RFC 9457) with a stable code. What is a bug is shown as
// no more than the id under which the log holds its cause.

import { ERROR_CODES, type ErrorCode } from "@postrider/shared/error-codes";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { z } from "zod";
import { fieldToPointer } from "./pointer.ts";

export const PROBLEM_TYPE = "application/problem+json";

export const problemDetailSchema = z.strictObject({
  pointer: z
    .string()
    .describe("JSON pointer (RFC 6901) into the body; of another part of the request: its name."),
  message: z.string().describe("What to change."),
  code: z.string().optional().describe("A reason or a finer code."),
  line: z.int().optional().describe("Inside the field's text, from 1."),
  column: z.int().optional(),
});

export const problemSchema = z.strictObject({
  type: z.string().describe("Where the code is explained, relative to the API."),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
  requestId: z.string().describe("As in `X-Request-Id` and the API's log."),
  problems: z.array(problemDetailSchema),
});
export type ProblemDetails = z.output<typeof problemSchema>;
type ProblemDetail = z.output<typeof problemDetailSchema>;

/** Answers that somebody who waits a moment may see differently. */
const RETRY_AFTER_SECONDS: Readonly<Partial<Record<ErrorCode, number>>> = {
  redis_unavailable: 1,
  redis_full: 5,
  redis_lost: 1,
  aborted: 1,
  overloaded: 1,
  worker_unavailable: 5,
  idempotency_under_way: 1,
};

/** When to come again, in seconds; undefined where that would change nothing. */
export function retryAfterOf(code: ErrorCode): number | undefined {
  return RETRY_AFTER_SECONDS[code];
}

/** What Fastify and Node call it, as our code, and in our words where theirs do not say what to change. */
const OF_STATUS: Readonly<Record<number, { readonly code: ErrorCode; readonly text?: string }>> = {
  404: { code: "not_found" },
  408: { code: "request_timeout" },
  413: { code: "body_too_large" },
  415: {
    code: "media_type_unsupported",
    text: "the body is to be JSON: say so by Content-Type: application/json",
  },
  431: { code: "headers_too_large" },
};

/** Any error as one of ours; what is none is `internal`. */
export function toPostriderError(error: unknown): PostriderError {
  if (error instanceof PostriderError) return error;
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  // Fastify's own, about what came.
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    const { code, text = String(message) } = OF_STATUS[statusCode] ?? { code: "request_malformed" };
    return new PostriderError(code, text, { cause: error });
  }
  return new PostriderError(
    "internal",
    "a bug of Postrider's; the log holds the cause, under the request's id",
    {
      cause: error,
    },
  );
}

/** @param place where a field that a producer names stands in the request. */
export function toProblemDetails(
  { code, message, problems }: PostriderError,
  requestId: string,
  place: (field: string) => string = (field) => field,
): ProblemDetails {
  const { status, text } = ERROR_CODES[code];
  return {
    type: `/docs#${code}`,
    title: text,
    status,
    code,
    detail: message,
    requestId,
    problems: toShownProblems(problems.map((problem) => ({ ...problem, field: place(problem.field) }))),
  };
}

/** Methods whose requests have no body. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE"]);
/** Parameters that a producer has another name for. */
const PARAMETERS: Readonly<Record<string, string>> = { cursor: "after" };

/**
 * Tells where a field that a producer names stands in a request: in its path, its query or its body.
 * @param path the route's, such as `/v1/runs/:id`.
 */
export function toPlace(method: string, path: string): (field: string) => string {
  const names = new Set(path.split("/").flatMap((part) => (part.startsWith(":") ? [part.slice(1)] : [])));
  return (field) => {
    if (field === "" || ELSEWHERE.test(field)) return field;
    if (names.has(field)) return `path ${field}`;
    return BODILESS.has(method) ? `query ${PARAMETERS[field] ?? field}` : field;
  };
}

export function toShownProblems(problems: readonly Problem[]): ProblemDetail[] {
  return problems.map(toDetail);
}

/** What stands before a path into another part of the request than its body. */
const ELSEWHERE = /^(?:query|path|header) /;

function toDetail({ field, message, code, line, column }: Problem): ProblemDetail {
  return {
    pointer: ELSEWHERE.test(field) ? field : fieldToPointer(field),
    message,
    ...(code !== undefined && { code }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  };
}
