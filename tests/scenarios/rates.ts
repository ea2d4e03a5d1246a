// How fast requests come to a receiver: at a configured rate, and where only the receiver knows what it
// allows.

import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet, untilOver } from "../support/fleet.ts";
import { startProcess } from "../support/processes.ts";
import { type Behaviour, ok, reply, type Script, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const WORKERS = 3;

export interface ConfiguredRate {
  readonly rate: number;
  readonly seconds: number;
  /** Of the rate: the least and the most on average, and the most in any second wherever it begins. */
  readonly leastShare: number;
  readonly mostShare: number;
  readonly secondShare: number;
  /** The machine's other work may spoil a round, but not each of so many. */
  readonly tries: number;
}

/** Sends at a configured rate with several workers, and checks how fast it was. */
export async function keepRate(expected: ConfiguredRate): Promise<void> {
  const { rate, leastShare, mostShare, secondShare, tries } = expected;
  for (let round = 1; ; round++) {
    const { mean, most } = await sendAtRate(expected);
    console.log({ rate, mean, most });
    const isKept = mean >= rate * leastShare && most <= Math.ceil(rate * secondShare);
    // Too fast on average is no machine's doing.
    expect(mean).toBeLessThanOrEqual(rate * mostShare);
    if (isKept) return;
    expect(round, JSON.stringify({ mean, most })).toBeLessThan(tries);
  }
}

async function sendAtRate({ rate, seconds }: ConfiguredRate): Promise<{ mean: number; most: number }> {
  const redisUrl = await isolatedRedisUrl();
  await using timekeeper = startProcess(process.execPath, ["tests/support/timekeeper.mjs"]);
  const [, port] = await timekeeper.waitForOutput(/^port (\d+)$/m);
  const producer = await createProducer({ redis: redisUrl });
  const limits = { ratePerSecond: rate };
  const url = `http://127.0.0.1:${port}/x`;
  await producer.actions.apply({ id: "a", url, body: "{{ customer }}", limits });
  await using fleet = startFleet(redisUrl, WORKERS);
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(rate * seconds), run: "r" });
  await untilOver(producer, "r");

  timekeeper.kill("SIGTERM");
  const [, text = ""] = await timekeeper.waitForOutput(/^times (.*)$/m);
  const times = JSON.parse(text) as number[];
  expect(times).toHaveLength(rate * seconds);
  await producer.close();
  return { mean: meanPerSecond(times), most: mostInASecond(times) };
}

export interface LearnedRate {
  readonly allowed: number;
  /** Measured in stretches of so many seconds, the first of which begins ten after the first request. */
  readonly seconds: number;
  /** So many of them one after the other. */
  readonly stretches: number;
  readonly refusedShare: number;
  readonly usedShare: number;
  /**
   * By when, in seconds after the first request, they must have been; the machine's other work may have what
   * is found out first be far too little.
   */
  readonly withinSeconds: number;
}

/**
 * Sends to a receiver that allows so many a second, and checks how much of that is used and how often it has
 * to refuse.
 */
export async function learnRate(expected: LearnedRate): Promise<void> {
  const { allowed, seconds, stretches, refusedShare, usedShare, withinSeconds } = expected;
  const redisUrl = await isolatedRedisUrl();
  const limited = limitTo(allowed);
  await using receiver = await startReceiver(limited.script);
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, WORKERS);
  await fleet.untilServing();
  const list = customers(allowed * (withinSeconds + 20));
  await producer.enqueueMany({ action: "a", customers: list, run: "r" });
  for (let from = 10, good = 0; good < stretches; from += seconds) {
    await eventually(() => expect(limited.sinceFirst()).toBeGreaterThanOrEqual((from + seconds) * 1_000));
    const { refused, accepted } = limited.count(from * 1_000, (from + seconds) * 1_000);
    console.log({ allowed, from, refused, accepted, of: allowed * seconds });
    const isFoundOut = refused <= refusedShare * (refused + accepted);
    good = isFoundOut && accepted >= usedShare * allowed * seconds ? good + 1 : 0;
    const isLate = good === 0 && from + seconds >= withinSeconds;
    expect(isLate, JSON.stringify({ from, refused, accepted })).toBe(false);
  }

  await producer.runs.cancel("r");
  await producer.close();
}

/** Requests a second from the first to the last. */
function meanPerSecond(times: readonly number[]): number {
  return ((times.length - 1) * 1_000) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
}

/** The most requests in any second, wherever it begins. */
function mostInASecond(times: readonly number[]): number {
  let from = 0;
  let most = 0;
  for (const [to, at] of times.entries()) {
    while (at - (times[from] ?? 0) >= 1_000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

interface Limited {
  readonly script: Script;
  /**
   * Of what came within a stretch of time (ms after the first request): how many were refused and accepted.
   */
  count(fromMs: number, toMs: number): { readonly refused: number; readonly accepted: number };
  /** Ms since the first request; 0 before it. */
  sinceFirst(): number;
}

/**
 * Accepts so many a second as a token bucket does that holds a tenth of a second's worth, and answers 429 to
 * the rest.
 */
function limitTo(perSecond: number): Limited {
  const seen: { readonly atMs: number; readonly isRefused: boolean }[] = [];
  const most = Math.max(1, perSecond / 10);
  let tokens = most;
  let filledAt = Date.now();
  const take = (): Behaviour => {
    const now = Date.now();
    tokens = Math.min(most, tokens + ((now - filledAt) * perSecond) / 1_000);
    filledAt = now;
    const isRefused = tokens < 1;
    if (!isRefused) tokens -= 1;
    seen.push({ atMs: now, isRefused });
    return isRefused ? reply(429) : ok();
  };
  return {
    script: take,
    sinceFirst: () => (seen[0] === undefined ? 0 : Date.now() - seen[0].atMs),
    count(fromMs, toMs) {
      const first = seen[0]?.atMs ?? 0;
      const within = seen.filter(({ atMs }) => atMs - first >= fromMs && atMs - first < toMs);
      const refused = within.filter(({ isRefused }) => isRefused).length;
      return { refused, accepted: within.length - refused };
    },
  };
}
