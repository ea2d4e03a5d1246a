// Settings: the HTTP API: where it listens, whom it knows, and how much it takes at once.

import { z } from "zod";
import { type KnownToken, parseApiTokens } from "../api-token.ts";
import { readApiUrl } from "../api-url.ts";
import { HOUR_MS, integer, yesOrNo } from "./parsers.ts";

function canaryUrl(text: string, context: z.RefinementCtx): string {
  if (text === "") return "";
  const read = readApiUrl(text);
  if ("url" in read) return read.url;
  context.addIssue("must be a URL without user, query and fragment, such as http://api.internal:8080");
  return z.NEVER;
}

function tokens(text: string, context: z.RefinementCtx): readonly KnownToken[] {
  const parsed = parseApiTokens(text);
  if (!("problem" in parsed)) return parsed;
  context.addIssue(parsed.problem);
  return z.NEVER;
}

export const apiSettings = {
  apiPort: integer(0, 65_535).default(8080).describe("Port of the HTTP API; 0 takes any free one."),
  apiHost: z
    .string()
    .default("0.0.0.0")
    .describe("Address that the API is bound to, where there are tokens; without any it is 127.0.0.1."),
  apiTokens: z
    .string()
    .transform(tokens)
    .prefault("")
    .describe(
      'Tokens beside those of `postrider tokens`: `[{"name":"crm","scopes":["enqueue"],"sha256":"…"}]`, also with `actions`, `lanes`, `expiresAt`; `token` instead of `sha256` holds the token itself. Never shown.',
    ),
  apiTlsCert: z
    .string()
    .default("")
    .describe("File with the API's certificate chain (PEM); none: plain HTTP."),
  apiTlsKey: z.string().default("").describe("File with the certificate's key (PEM)."),
  apiBodyBytesMax: integer(1_024, 1_000_000_000)
    .default(10_485_760)
    .describe("The largest body that the API reads into memory."),
  apiBodyMs: integer(100, 600_000)
    .default(30_000)
    .describe("How long a client may take to send such a body; then it is cut off."),
  apiStreamSilenceMs: integer(100, HOUR_MS)
    .default(120_000)
    .describe(
      "How long the sender of a stream of customers may send nothing while the API waits for it; then the stream ends, and its run stays open.",
    ),
  apiInFlightMax: integer(1, 100_000)
    .default(256)
    .describe("Requests that one API process works on at once; more are answered 503 with `Retry-After`."),
  apiRequestsPerSecond: integer(1, 1_000_000)
    .default(1_000)
    .describe(
      "Requests that one token may send per second, to all API processes together; more are answered 429. While Redis is away, to each process.",
    ),
  apiIdempotencyMs: integer(60_000, 7 * 24 * HOUR_MS)
    .default(24 * HOUR_MS)
    .describe(
      "How long the answer to a request with `Idempotency-Key` is kept. Costs some 300 bytes of Redis each, more for long answers.",
    ),
  canary: yesOrNo("false").describe(
    "`true`: one of the API processes sends a delivery of its own through the whole system, again and again, and tells whether and when it arrived (canary.md).",
  ),
  canaryUrl: z
    .string()
    .transform(canaryUrl)
    .prefault("")
    .describe(
      "Where workers reach the API for the canary, such as `http://api.internal:8080`; POSTRIDER_ALLOW_NETWORKS must hold its addresses where they are not public, for workers and API alike. An API on loopback takes its own address unless it is given.",
    ),
  canaryEveryMs: integer(500, HOUR_MS).default(60_000).describe("How often a canary is sent."),
};
