// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-08): a request that is sent again with the
// same key is answered as it was the first time, and not carried out twice.

import { hash } from "node:crypto";
import { type Answers, CLAIM_MS } from "@postrider/redis/answers";
import { PostriderError } from "@postrider/shared/errors";
import type { Answer, Circumstances, Route } from "./route/route.ts";
import { JSON_TYPE, toJson } from "./route/to-json.ts";

/** Longer answers are not kept; the request is carried out again then, which none of ours minds. */
const KEPT_CHARS_MAX = 262_144;

const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,255}$/;
/** A string of RFC 8941: what is visible, with `\"` and `\\` for these two. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"$/;

/**
 * The key of a header, which is the same with quotes, as the draft has it, and without, as most clients send
 * it; null where there is none. @throws `idempotency_key_invalid`.
 */
export function parseIdempotencyKey(header: string | null): string | null {
  if (header === null) return null;
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, "$1");
  if (quoted !== undefined && quoted.length <= 255) return quoted;
  if (BARE.test(text)) return text;
  throw new PostriderError(
    "idempotency_key_invalid",
    'the Idempotency-Key must be 1 to 255 visible ASCII characters, such as "7f3a9c52"',
  );
}

type Work = () => Promise<Answer>;

export interface Idempotency {
  /**
   * Carries a request out, unless that was done under its key.
   * @throws `idempotency_under_way`, `idempotency_mismatch`, `idempotency_withheld`, and what `work` throws.
   */
  once(route: Route, key: string, circumstances: Circumstances, work: Work): Promise<Answer>;
}

/**
 * Good answers are kept. One that tells of an error is not: nothing was done then, and whoever has mended
 * what it tells of sends the same request again.
 */
export function createIdempotency(answers: Answers): Idempotency {
  const carryOut = async (
    { route, digest, owner }: { route: Route; digest: string; owner: string },
    work: Work,
  ): Promise<Answer> => {
    const renewing = setInterval(
      () => void answers.renew(digest, owner).catch(() => undefined),
      CLAIM_MS / 3,
    );
    try {
      const answer = await work();
      const kept = toKept(answer, route);
      await (kept === null ? answers.giveUp(digest, owner) : answers.keep(digest, owner, kept));
      return answer;
    } catch (error) {
      // Where even that fails, as when Redis is away, the claim runs out by itself.
      await answers.giveUp(digest, owner).catch(() => undefined);
      throw error;
    } finally {
      clearInterval(renewing);
    }
  };
  return {
    async once(route, key, { caller, bodyDigest, url }, work) {
      const digest = hash("sha256", `${caller.id}\0${key}`, "base64url");
      const fingerprint = hash("sha256", `${route.method}\0${url}\0${bodyDigest}`, "base64url").slice(0, 22);
      const begun = await answers.begin(digest, fingerprint);
      switch (begun.kind) {
        case "begun":
          return carryOut({ route, digest, owner: begun.owner }, work);
        case "answered":
          return toRepeated(begun.answer);
        case "under-way":
          throw new PostriderError(
            "idempotency_under_way",
            `a request with this Idempotency-Key is under way; ask again in ${Math.ceil(begun.leftMs / 1_000)} s at most`,
          );
        default:
          throw new PostriderError(
            "idempotency_mismatch",
            "this Idempotency-Key was used for another method, path or body; a new request needs a new key",
          );
      }
    },
  };
}

interface Kept {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is kept of an answer that holds a secret: that it does. */
const WITHHELD = "withheld";

function toKept({ status, body, headers }: Answer, { repeats }: Route): string | null {
  if (repeats === "withheld") return WITHHELD;
  const kept: Kept = {
    status,
    ...(body !== undefined && { body: toJson(body) }),
    ...(headers !== undefined && { headers }),
  };
  const made = JSON.stringify(kept);
  return made.length <= KEPT_CHARS_MAX ? made : null;
}

function toRepeated(answer: string): Answer {
  if (answer === WITHHELD)
    throw new PostriderError(
      "idempotency_withheld",
      "this request was carried out, and its answer held a secret, so that it was not kept; revoke what was made, and make another",
    );
  const { status, body, headers } = JSON.parse(answer) as Kept;
  return {
    status,
    ...(body !== undefined && { text: { type: JSON_TYPE, text: body } }),
    headers: { ...headers, "idempotency-replayed": "true" },
  };
}
