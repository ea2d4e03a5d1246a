// The codes of errors that come from HTTP itself: of requests that the API refuses, and of an API that cannot
// be reached.

/** What an error means to whoever meets it by a program. */
export interface ErrorMeaning {
  readonly text: string;
  /** The command line's: 1 failed, 2 usage. */
  readonly exitCode: 1 | 2;
  /** The HTTP status (RFC 9110) that says the same. */
  readonly status: number;
}

export const HTTP_ERROR_CODES = {
  stream_silent: {
    exitCode: 1,
    status: 408,
    text: "No bytes of a stream of customers came for POSTRIDER_API_STREAM_SILENCE_MS. What came before is enqueued.",
  },
  request_malformed: {
    exitCode: 2,
    status: 400,
    text: "What came is not the JSON, the UTF-8 or the HTTP that it should be, or is nested too deeply.",
  },
  request_invalid: {
    exitCode: 2,
    status: 422,
    text: "A field of the request breaks a rule; every problem is listed with its JSON pointer.",
  },
  request_timeout: { exitCode: 1, status: 408, text: "The request did not come in time; it was not read." },
  body_too_large: { exitCode: 1, status: 413, text: "The body is larger than POSTRIDER_API_BODY_BYTES_MAX." },
  headers_too_large: { exitCode: 1, status: 431, text: "The request's header block is too large." },
  media_type_unsupported: {
    exitCode: 1,
    status: 415,
    text: "The body is of a type, a charset or a coding that this route does not read.",
  },
  not_found: { exitCode: 1, status: 404, text: "The API has no such path." },
  method_not_allowed: {
    exitCode: 1,
    status: 405,
    text: "The path has no such method; `Allow` names those it has.",
  },
  unauthorized: { exitCode: 1, status: 401, text: "No token was given, or none that is valid now." },
  forbidden: { exitCode: 1, status: 403, text: "The token's scopes, actions or lanes do not reach so far." },
  rate_limited: {
    exitCode: 1,
    status: 429,
    text: "The token has used up its requests; `Retry-After` says when to come again.",
  },
  overloaded: {
    exitCode: 1,
    status: 503,
    text: "The API has as many requests in flight as it takes; nothing was done. `Retry-After` says when to come again.",
  },
  precondition_failed: {
    exitCode: 1,
    status: 412,
    text: "`If-Match` names another version than the latest one: somebody has changed it meanwhile.",
  },
  idempotency_key_invalid: {
    exitCode: 2,
    status: 400,
    text: "`Idempotency-Key` is no text of 1 to 255 visible characters, in double quotes or without.",
  },
  idempotency_under_way: {
    exitCode: 1,
    status: 409,
    text: "A request with this Idempotency-Key is under way; `Retry-After` says when to ask again.",
  },
  idempotency_mismatch: {
    exitCode: 1,
    status: 422,
    text: "The Idempotency-Key was used before, with another method, path or body.",
  },
  idempotency_withheld: {
    exitCode: 1,
    status: 409,
    text: "The request was carried out before, and its answer held a secret, so that it was not kept.",
  },
  api_unreachable: {
    exitCode: 1,
    status: 502,
    text: "No answer came from the HTTP API that POSTRIDER_URL names. What was asked for may have been done or not.",
  },
  api_foreign: {
    exitCode: 1,
    status: 502,
    text: "What answers at POSTRIDER_URL is no Postrider API, or one of another version.",
  },
} as const satisfies Readonly<Record<string, ErrorMeaning>>;
