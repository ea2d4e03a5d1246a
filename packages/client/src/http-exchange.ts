// One HTTP exchange with the API: what goes out, and the answer, or an ApiError. Knows fetch.

import { parseExact } from "@postrider/shared/exact-json";
import { ApiError, isProblemDetails, toApiError, toForeign, toUnreachable } from "./api-error.ts";

/** Where the API is, and who calls it. */
export interface Access {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | null;
}

export interface Ask {
  readonly method: string;
  /** From the API's URL on, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * The answer to one request, whose body is unread.
 * @throws ApiError, and the signal's reason.
 */
export async function exchange({ url, token }: Access, ask: Ask): Promise<Response> {
  const { method, path, headers, body, signal } = ask;
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(token !== null && { authorization: `Bearer ${token}` }) },
      body,
      // A token goes to no other place than the one it was given for.
      redirect: "manual",
      ...(body instanceof ReadableStream && { duplex: "half" as const }),
      ...(signal && { signal }),
    });
  } catch (error) {
    throw toThrown(url, error, signal);
  }
  if (response.ok) return response;
  throw await toError(url, response, signal);
}

/** What fetch threw, or reading did, as one of ours; a signal's own reason stays. */
export function toThrown(url: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof ApiError) return error;
  if (error instanceof SyntaxError) return toForeign(url, 200, "what should be JSON is none");
  if (signal?.aborted === true && !isTimeout(signal.reason)) return signal.reason;
  return toUnreachable(url, error);
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}

/** The JSON of a good answer, its integers exact; undefined where it has no body. @throws ApiError. */
export async function readJsonAnswer(
  url: string,
  response: Response,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const text = await readText(url, response, signal);
  if (text === "") return undefined;
  if (!isJson(response)) throw toForeign(url, response.status, describeType(response));
  try {
    return parseExact(text);
  } catch {
    throw toForeign(url, response.status, "an answer that is no JSON");
  }
}

/** @throws ApiError. */
export async function readText(
  url: string,
  response: Response,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw toThrown(url, error, signal);
  }
}

async function toError(url: string, response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  const { status } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    const to = response.headers.get("location") ?? "elsewhere";
    return toForeign(url, status, `a redirect to ${to}; give that URL if it is the API's`);
  }
  try {
    const text = await response.text();
    const problem: unknown = isJson(response) ? JSON.parse(text) : null;
    if (isProblemDetails(problem)) return toApiError(problem, readRetryAfter(response));
    return toForeign(url, status, describeType(response));
  } catch (error) {
    return error instanceof SyntaxError ? toForeign(url, status, "no JSON") : toThrown(url, error, signal);
  }
}

/** `Retry-After` in ms: seconds, or a date (RFC 9110). */
function readRetryAfter({ headers }: Response): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function isJson({ headers }: Response): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(headers.get("content-type") ?? "");
}

function describeType({ headers }: Response): string {
  return headers.get("content-type") ?? "an answer without a type";
}
