// Answers to requests with an Idempotency-Key: who carries one out, and what it was answered, each for a
// while. A process that dies in between holds the request no longer than its claim lasts.

import { randomUUID } from "node:crypto";
import { asProducer } from "./connect.ts";
import type { Store } from "./shard.ts";

export type Begun =
  /** Nobody else carries it out until the claim runs out; `owner` proves it. */
  | { readonly kind: "begun"; readonly owner: string }
  /** Somebody else does, for at least `leftMs` unless it ends before. */
  | { readonly kind: "under-way"; readonly leftMs: number }
  | { readonly kind: "answered"; readonly answer: string }
  /** The key stands for another request. */
  | { readonly kind: "other" };

export interface Answers {
  /**
   * Claims a request, unless it was answered or is under way.
   * @param digest tells caller and key. @param fingerprint tells the request.
   */
  begin(digest: string, fingerprint: string): Promise<Begun>;
  /** Keeps the claim while the request takes longer. */
  renew(digest: string, owner: string): Promise<void>;
  /** Keeps the answer, for those who ask again. */
  keep(digest: string, owner: string, answer: string): Promise<void>;
  /** Gives the claim up, with no answer: the same request may be sent again, and no other under its key. */
  giveUp(digest: string, owner: string): Promise<void>;
}

/** A request takes milliseconds; a process that was killed holds it back for this long. */
export const CLAIM_MS = 5_000;

/**
 * Input: KEYS answer; ARGV fingerprint, owner, ms of a claim, ms that all is kept.
 * Output: {"begun"}, {"under-way", ms left}, {"answered", answer}, {"other"}.
 */
const BEGIN = `
local fingerprint, answer, untilMs = unpack(redis.call("HMGET", KEYS[1], "fingerprint", "answer", "until"))
if fingerprint and fingerprint ~= ARGV[1] then return {"other"} end
if answer then return {"answered", answer} end
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if untilMs and tonumber(untilMs) > now then return {"under-way", tonumber(untilMs) - now} end
redis.call("HSET", KEYS[1], "fingerprint", ARGV[1], "owner", ARGV[2], "until", string.format("%d", now + ARGV[3]))
redis.call("PEXPIRE", KEYS[1], ARGV[4])
return {"begun"}
`;

/** Input: KEYS answer; ARGV owner, ms of a claim. */
const RENEW = `
if redis.call("HGET", KEYS[1], "owner") ~= ARGV[1] then return end
local time = redis.call("TIME")
redis.call("HSET", KEYS[1], "until", string.format("%d", time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]))
`;

/** Input: KEYS answer; ARGV owner, the answer or nothing. */
const END = `
if redis.call("HGET", KEYS[1], "owner") ~= ARGV[1] then return end
redis.call("HDEL", KEYS[1], "owner", "until")
if ARGV[2] ~= "" then redis.call("HSET", KEYS[1], "answer", ARGV[2]) end
`;

/** @param keptMs how long an answer, and what it was an answer to, is kept. */
export function createAnswers(store: Store, keptMs: number): Answers {
  const { redis, keys } = store;
  const end = async (digest: string, owner: string, answer: string): Promise<void> => {
    await asProducer(() => redis.eval(END, 1, keys.apiAnswer(digest), owner, answer));
  };
  return {
    async begin(digest, fingerprint) {
      const owner = randomUUID();
      const [kind, value] = (await asProducer(() =>
        redis.eval(BEGIN, 1, keys.apiAnswer(digest), fingerprint, owner, CLAIM_MS, keptMs),
      )) as [Begun["kind"], (string | number)?];
      if (kind === "begun") return { kind, owner };
      if (kind === "under-way") return { kind, leftMs: Number(value) };
      return kind === "answered" ? { kind, answer: String(value) } : { kind: "other" };
    },
    async renew(digest, owner) {
      await asProducer(() => redis.eval(RENEW, 1, keys.apiAnswer(digest), owner, CLAIM_MS));
    },
    keep: end,
    giveUp: (digest, owner) => end(digest, owner, ""),
  };
}
