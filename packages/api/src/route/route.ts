// What a route is: data (method, path, scope, schemas, errors) and a handler. Validation, permission, the
// OpenAPI description and the contract tests all read the same data.

import type { Readable } from "node:stream";
import type { Scope } from "@postrider/shared/api-token";
import type { ErrorCode } from "@postrider/shared/error-codes";
import type { Logger } from "@postrider/shared/log";
import type { z } from "zod";
import type { Caller } from "./caller.ts";
import type { Tools } from "./tools.ts";

export type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

/** What a handler is given. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  /** As it came, its integers exact: schemas check bodies and change nothing in them. */
  readonly body: B;
  /** The body of a route that `streams`, unread and unbounded. */
  readonly stream: Readable | null;
  /** `Content-Type` without parameters, lower case. */
  readonly mediaType: string | null;
  readonly header: (name: string) => string | undefined;
  readonly caller: Caller;
  readonly requestId: string;
  readonly log: Logger;
  /** Same again by the same caller: the same request. Null where none was given. */
  readonly idempotencyKey: string | null;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal;
  /** Whether the caller would still be let in: for answers that go on for longer than a token may last. */
  readonly isStillWelcome: () => Promise<boolean>;
}

/** What of a call the server knows. */
export type Circumstances = Omit<Call, "params" | "query" | "body" | "log"> & {
  /** SHA-256 of the body; empty where there is no Idempotency-Key. */
  readonly bodyDigest: string;
  /** Path and query, as they were sent. */
  readonly url: string;
};

export interface Answer<R = unknown> {
  readonly status: number;
  /** Sent as JSON. */
  readonly body?: R;
  /** Instead of the body. */
  readonly text?: { readonly type: string; readonly text: string | Readable };
  readonly headers?: Readonly<Record<string, string>>;
  /** What the log line of the request says beside, such as what it has enqueued. */
  readonly noted?: Readonly<Record<string, string | number>>;
}

/**
 * How a token that is narrowed to actions or lanes is held to them: `action`: the path's `id` is an action,
 * looked at before the handler; `found`: the handler leaves out what the caller does not reach, or says that
 * it is unknown; `whole`: it concerns the whole installation, so a narrowed token is refused; `nothing`:
 * there is nothing to see.
 */
export type Narrowing = "action" | "found" | "whole" | "nothing";

export interface Route {
  /** The operation's name in the OpenAPI description. */
  readonly id: string;
  readonly method: Method;
  /** As Fastify has it: `/v1/runs/:id`. */
  readonly path: string;
  /** Null: no token is needed. */
  readonly scope: Scope | null;
  readonly narrowing: Narrowing;
  readonly summary: string;
  readonly params: z.ZodType | null;
  readonly query: z.ZodType | null;
  readonly body: z.ZodType | null;
  /** `by handler`: the body's schema describes it, and the handler tells what is wrong more finely. */
  readonly bodyIsChecked: "by schema" | "by handler";
  /** Media types whose bodies the handler reads as a stream, instead of JSON. */
  readonly streams: readonly string[] | null;
  /** Headers that it reads, beside those that all do. */
  readonly takes: readonly string[];
  /** Statuses of success, with what each says. */
  readonly replies: Readonly<Record<number, string>>;
  /** The JSON of all these; null: no JSON. */
  readonly reply: z.ZodType | null;
  /** The media type of a success that is no JSON, and, where it is lines of JSON, the schema of a line. */
  readonly text: { readonly type: string; readonly line?: z.ZodType } | null;
  /** Beside those that any route may answer. */
  readonly errors: readonly ErrorCode[];
  /**
   * What a repetition of a POST with the same Idempotency-Key gets. `kept`: the first answer; `withheld`: it
   * holds a secret, so that the repetition is only told so; `again`: it changes nothing, and is carried out
   * again.
   */
  readonly repeats: "kept" | "withheld" | "again";
  readonly handle: (call: Call, tools: Tools) => Answer | Promise<Answer>;
}

type Of<S> = S extends z.ZodType ? z.output<S> : undefined;
/** Schemas only check it: what they leave out stays out. */
type AsSent<S> = S extends z.ZodType ? z.input<S> : undefined;

/** What is left out is null or empty; `repeats` is `kept`, or `again` for a route that `streams`. */
interface RouteGiven<P, Q, B, R> {
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  readonly scope: Scope | null;
  readonly narrowing: Narrowing;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly bodyIsChecked?: Route["bodyIsChecked"];
  readonly streams?: readonly string[];
  readonly takes?: readonly string[];
  readonly replies: Readonly<Record<number, string>>;
  readonly reply?: R;
  readonly text?: NonNullable<Route["text"]>;
  readonly errors?: readonly ErrorCode[];
  readonly repeats?: Route["repeats"];
  readonly handle: (
    call: Call<Of<P>, Of<Q>, AsSent<B>>,
    tools: Tools,
  ) => Answer<AsSent<R>> | Promise<Answer<AsSent<R>>>;
}

/** A route whose handler is typed by its schemas. */
export function defineRoute<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType | undefined = undefined,
>(given: RouteGiven<P, Q, B, R>): Route {
  return {
    ...given,
    params: given.params ?? null,
    query: given.query ?? null,
    body: given.body ?? null,
    bodyIsChecked: given.bodyIsChecked ?? "by schema",
    streams: given.streams ?? null,
    takes: given.takes ?? [],
    reply: given.reply ?? null,
    text: given.text ?? null,
    errors: given.errors ?? [],
    // The fingerprint of a request has no place for a body that was not read.
    repeats: given.repeats ?? (given.streams === undefined ? "kept" : "again"),
    // The schemas have checked what it is called with.
    handle: given.handle as Route["handle"],
  };
}
