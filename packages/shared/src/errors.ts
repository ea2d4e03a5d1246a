// What a caller did wrong, or what stands in the caller's way: errors with stable codes. Faults of
// destinations are never errors; they are values (see outcome.ts).

import type { ErrorCode } from "./error-codes.ts";

/** One broken rule: where, and what to change. */
export interface Problem {
  /** Path into the document, such as `headers[1].value`. */
  readonly field: string;
  readonly message: string;
  /** 1-based position inside the field's text, where the problem has one. */
  readonly line?: number;
  readonly column?: number;
  /** A reason or a finer code, for programs. */
  readonly code?: string;
}

/** An error with a stable code. Match on `code`, never on class or message. */
export class PostriderError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; problems?: readonly Problem[] } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "PostriderError";
    this.code = code;
    this.problems = options.problems ?? [];
  }
}

/** The error for one field that breaks a rule. @param message what it must be, behind the field's name. */
export function invalidField(code: ErrorCode, field: string, message: string): PostriderError {
  return new PostriderError(code, `${field}: ${message}`, { problems: [{ field, message }] });
}

/** Whether an unknown value carries one of our codes (also across two copies of this package). */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** `field: message` lines for people. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ field, line, column, message }) => {
      const place =
        line === undefined ? "" : ` (line ${line}${column === undefined ? "" : `, column ${column}`})`;
      return field === "" ? `${message}${place}` : `${field}${place}: ${message}`;
    })
    .join("\n");
}
