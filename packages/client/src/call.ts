// One operation of the API, typed by its description: the request that it is, tried again where that is safe.

import { randomUUID } from "node:crypto";
import { stringifyExact } from "@postrider/shared/exact-json";
import { joinSignals } from "@postrider/shared/join-signals";
import { ApiError } from "./api-error.ts";
import { OPERATIONS, type Operations } from "./generated.ts";
import { type Access, exchange, readJsonAnswer, readText } from "./http-exchange.ts";
import { insist } from "./insist.ts";

/** Operations whose bodies or answers are streams, which have other ways than a call. */
export type StreamOperation =
  | "sendCustomers"
  | "tryCustomers"
  | "streamOutcomes"
  | "streamEvents"
  | "streamOverview";
export type Operation = Exclude<keyof Operations, StreamOperation>;

export interface CallOptions {
  /** Headers that it reads, such as `If-Match`. A POST's `Idempotency-Key` is made unless given. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** For one try, instead of the client's. */
  readonly timeoutMs?: number;
}

type Nothing = Readonly<Record<never, never>>;
/** A part of the input, which may be left out where it may be empty. */
type Part<Name extends string, T> = undefined extends T
  ? { readonly [N in Name]?: T }
  : Nothing extends T
    ? { readonly [N in Name]?: T }
    : { readonly [N in Name]: T };

export type Input<O extends keyof Operations> = Part<"params", Operations[O]["params"]> &
  Part<"query", Operations[O]["query"]> &
  Part<"body", Operations[O]["body"]> &
  CallOptions;

/** Nothing need be given where every part may be left out. */
export type Arguments<O extends keyof Operations> =
  Nothing extends Input<O> ? [input?: Input<O>] : [input: Input<O>];

/**
 * @throws from the returned function ApiError: what the API answered, or why no answer came; and the signal's
 * reason.
 */
export type Call = <O extends Operation>(
  operation: O,
  ...input: Arguments<O>
) => Promise<Operations[O]["reply"]>;

export interface CallSettings {
  /** Tries in all. */
  readonly tries: number;
  /** For one try, to the end of the answer. */
  readonly timeoutMs: number;
}

interface AnyInput extends CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Operations that answer no JSON. */
const OF_TEXT: ReadonlySet<string> = new Set(["getMetrics", "getDocs", "getDocsStyle"]);

export function createCall(access: Access, settings: CallSettings): Call {
  const call = async (operation: Operation, input: AnyInput = {}): Promise<unknown> => {
    const { method, path } = OPERATIONS[operation];
    const { signal, body, timeoutMs = settings.timeoutMs } = input;
    const headers = toHeaders(method, input);
    const text = body === undefined ? null : stringifyExact(body);
    const once = async (): Promise<unknown> => {
      const limit = joinSignals(AbortSignal.timeout(timeoutMs), signal);
      const ask = { method, path: toPath(path, input), headers, body: text, signal: limit };
      const response = await exchange(access, ask);
      const read = OF_TEXT.has(operation) ? readText : readJsonAnswer;
      return read(access.url, response, limit);
    };
    return insist(once, { tries: settings.tries, signal });
  };
  return call as Call;
}

/** The same over all tries, so that what was carried out once is not carried out again. */
function toHeaders(method: string, { headers = {}, body }: AnyInput): Record<string, string> {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const isKeyed = given.some(([name]) => name.toLowerCase() === "idempotency-key");
  return {
    accept: "application/json",
    ...(method === "POST" && !isKeyed && { "idempotency-key": `"${randomUUID()}"` }),
    ...(body !== undefined && { "content-type": "application/json" }),
    ...Object.fromEntries(given),
  };
}

/** A path with its parameters and query, from the API's URL on. */
export function toPath(template: string, { params = {}, query = {} }: AnyInput): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => toSegment(name, params[name] ?? ""));
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) asked.append(name, String(value));
  return asked.size === 0 ? path : `${path}?${asked}`;
}

/** @throws ApiError `request_invalid` for what a URL cannot hold: it would lead to another path. */
function toSegment(name: string, value: string): string {
  if (!/^\.{0,2}$/.test(value)) return encodeURIComponent(value);
  const message = value === "" ? "is empty" : `"${value}" is none`;
  throw new ApiError(`${name}: ${message}`, {
    code: "request_invalid",
    problems: [{ pointer: `path ${name}`, message }],
  });
}
