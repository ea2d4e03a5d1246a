// The client credentials grant (RFC 6749 section 4.4): the request for a token, and what the answer means.
// Pure.

import type { OAuthClient } from "@postrider/compose/compile-credentials";
import type { ComposedRequest } from "@postrider/compose/request";
import { USER_AGENT } from "@postrider/shared/version";
import type { Finding, Reply, Unready, Unsendable } from "../attempt.ts";
import { readJson } from "../decide/answer-json.ts";
import { askedWaitMs } from "../decide/retry-after.ts";

export interface IssuedToken {
  readonly value: string;
  readonly lifetimeMs: number;
}

/** What a request for a token came to, where it gave none. */
export type NoToken = Exclude<Finding, { kind: "reply" | "fault" | "cancelled" | "broken" }>;

/** The request for a token. */
export function toTokenRequest(client: OAuthClient): ComposedRequest {
  const { tokenUrl, clientId, clientSecret, scope, audience, clientAuthentication } = client;
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== null) form.set("scope", scope);
  if (audience !== null) form.set("audience", audience);
  const headers = [
    ...["Content-Type", "application/x-www-form-urlencoded"],
    ...["Accept", "application/json", "User-Agent", USER_AGENT],
  ];
  if (clientAuthentication === "body") {
    form.set("client_id", clientId);
    form.set("client_secret", clientSecret);
  } else {
    // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers.push("Authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
  }
  return { method: "POST", ...tokenUrl, headers, body: form.toString() };
}

function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

/** The life of a token whose endpoint does not say how long it lasts. */
const LIFETIME_MS_DEFAULT = 5 * 60_000;
/** Nobody relies on a token for longer without asking again. */
const LIFETIME_MS_MAX = 24 * 3_600_000;
/** RFC 6750 section 2.1, and room for what servers really issue: visible ASCII. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
/**
 * RFC 6750 knows Bearer; large token endpoints call the very same `BearerToken` (Apigee) and `jwt-bearer`
 * (Azure DevOps).
 */
const BEARER: ReadonlySet<string> = new Set(["bearer", "bearertoken", "jwt-bearer"]);
/** RFC 6749 section 5.2: the error's code, which may be told; its description may repeat what was sent. */
const ERROR_CODE = /^[A-Za-z0-9_.-]{1,60}$/;
/** Those of its codes that speak of the client, and another API's; some endpoints answer them with a 200. */
const REFUSALS: ReadonlySet<string> = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "incorrect_client_credentials",
]);

/** Statuses below 500 that say nothing about the client. */
const OF_THE_MOMENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** The token that an answer brings, or what stands in its way. @param now Unix ms. */
export function readTokenAnswer(
  finding: Exclude<Finding, { kind: "cancelled" | "broken" }>,
  now: number,
): IssuedToken | NoToken {
  if (finding.kind === "fault") return unavailable(`did not answer: ${finding.code}, ${finding.message}`);
  if (finding.kind === "unsendable") return atTokenUrl(finding);
  if (finding.kind !== "reply") return finding;
  return readReply(finding, now);
}

function readReply(reply: Reply, now: number): IssuedToken | NoToken {
  const { status } = reply;
  const answer = toObject(reply);
  const code = toErrorCode(answer);
  const told = `answered ${status}${code === "" ? "" : ` (${code})`}`;
  if (status >= 200 && status < 300) {
    if (reply.isCut) return unavailable(toCut(reply));
    if (answer?.["access_token"] !== undefined) return readToken(answer);
    return (REFUSALS.has(code) ? refused : unavailable)(`${told} without an access_token`);
  }
  if (status < 500 && !OF_THE_MOMENT.has(status)) return refused(told);
  const asked = askedWaitMs(reply.headers, now);
  return { ...unavailable(told), ...(asked !== null && { notBefore: now + asked }) };
}

function toErrorCode(answer: Readonly<Record<string, unknown>> | null): string {
  const code = answer?.["error"];
  return typeof code === "string" && ERROR_CODE.test(code) ? code : "";
}

function toCut({ trouble }: Reply): string {
  return trouble === undefined
    ? "gave an answer longer than POSTRIDER_REPLY_BYTES_MAX"
    : `gave a token in an answer that was cut short: ${trouble}`;
}

/** What the guard says of the endpoint. */
function atTokenUrl(finding: Unsendable): Unsendable {
  const problems = finding.problems.map((problem) => ({ ...problem, field: "auth.oauth2.tokenUrl" }));
  return { ...finding, problems };
}

function readToken(answer: Readonly<Record<string, unknown>>): IssuedToken | NoToken {
  const { access_token: value, token_type: type, expires_in: seconds } = answer;
  if (typeof value !== "string") return unavailable("answered with an access_token that is no text");
  if (!TOKEN.test(value)) return refused("gave an access_token that no header can carry");
  if (typeof type === "string" && !BEARER.has(type.trim().toLowerCase()))
    return refused("gave a token that is no bearer token");
  // Some servers write the number as a string.
  const lifetimeMs = Number(seconds ?? Number.NaN) * 1_000;
  return {
    value,
    lifetimeMs: lifetimeMs > 0 ? Math.min(lifetimeMs, LIFETIME_MS_MAX) : LIFETIME_MS_DEFAULT,
  };
}

/** Null where it is no JSON object: the status says what there is to say. */
function toObject(reply: Reply): Readonly<Record<string, unknown>> | null {
  const read = readJson(reply, JSON.parse);
  if (!("value" in read) || typeof read.value !== "object") return null;
  return read.value as Readonly<Record<string, unknown>> | null;
}

export function unavailable(what: string): Unready {
  return { kind: "unready", reason: "auth_unavailable", message: `the token endpoint ${what}` };
}

function refused(what: string): NoToken {
  return {
    kind: "unsendable",
    reason: "auth_failed",
    problems: [{ field: "auth.oauth2", code: "auth_failed", message: `the token endpoint ${what}` }],
  };
}
