// The canary (POSTRIDER_CANARY): every minute one of the API processes enqueues a delivery of its own, and
// looks what becomes of it: lane, claim, compose, send and outcome, over the very way that all deliveries
// take. It is sent from here, since here is a producer, and since what tells that no worker delivers must not
// be a worker.

import type { Producer } from "@postrider/producer/producer";
import { repeat } from "@postrider/redis/periodic";
import { CANARY_ACTION, CANARY_PATH } from "@postrider/shared/canary-action";
import { hasCode } from "@postrider/shared/errors";
import { chooseLane } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import type { Outcome } from "@postrider/shared/outcome";
import type { Settings } from "@postrider/shared/settings/settings";
import { createSleeper } from "@postrider/shared/sleeper";
import type { CanaryMetrics } from "./canary-metrics.ts";
import { checkCanaryPlace } from "./canary-place.ts";

/** How often a process looks whether it is its turn: that much later than it should a canary may be. */
const LOOKS_PER_TURN = 20;
/** How often it is asked what has become of one. */
const ASK_MS = 50;
/** How long after it was sent one may become a dead letter, at most: three attempts and the waits between. */
const MAY_FAIL_MS = 120_000;
const TIMEOUT_MS = 10_000;
const CUSTOMER = { id: "canary" } as const;

export interface CanaryOptions {
  /** By which nothing is written into the audit. */
  readonly producer: Producer;
  readonly settings: Settings;
  readonly metrics: CanaryMetrics;
  readonly log: Logger;
}

export interface Canary {
  /** @throws `settings_invalid` where it is on and cannot arrive. */
  check(isLoopbackOnly: boolean): Promise<void>;
  /** @param address at which this API listens. */
  start(address: string): void;
  close(): Promise<void>;
}

export function createCanary(options: CanaryOptions): Canary {
  const { settings, metrics, log } = options;
  if (!settings.canary)
    return { check: () => Promise.resolve(), start: () => undefined, close: () => Promise.resolve() };
  const sleeper = createSleeper();
  let looking: ReturnType<typeof repeat> | undefined;
  return {
    check: (isLoopbackOnly) => checkCanaryPlace(settings, isLoopbackOnly, (message) => log.warn(message)),
    start(address) {
      metrics.enabled();
      const place = `${settings.canaryUrl || address}${CANARY_PATH}`;
      const sweep = createSweep(options);
      const turn = () => takeTurn({ place, sleep: sleeper.sleep, sweep }, options);
      looking = repeat("canary", settings.canaryEveryMs / LOOKS_PER_TURN, turn, log);
    },
    async close() {
      sleeper.interrupt();
      await looking?.stop();
    },
  };
}

type Sleep = (ms: number) => Promise<boolean>;

interface Turn {
  readonly place: string;
  readonly sleep: Sleep;
  readonly sweep: ReturnType<typeof createSweep>;
}

async function takeTurn({ place, sleep, sweep }: Turn, options: CanaryOptions): Promise<void> {
  const { producer, settings, metrics } = options;
  const { canary } = producer.watching;
  metrics.lastDelivered(await canary.lastDelivered());
  if (!(await canary.take(settings.canaryEveryMs))) return;
  await sweep.sweep();
  const sentAt = Date.now();
  const id = await enqueue(place, sentAt, options);
  if (id === null) {
    metrics.ended("refused");
    return;
  }
  const outcome = await untilEnded(id, sentAt, sleep, options);
  if (outcome === "stopped") return;
  if (outcome?.outcome !== "delivered") {
    tellFailure(id, outcome, options);
    sweep.add(id);
    return;
  }
  metrics.ended("delivered");
  metrics.delivered(Math.max(0, outcome.endedAt - sentAt));
  metrics.lastDelivered(outcome.endedAt);
  await canary.noteDelivered(outcome.endedAt);
}

/** @returns the delivery's id; null where it was not taken in. */
async function enqueue(
  place: string,
  sentAt: number,
  { producer, settings, log }: CanaryOptions,
): Promise<string | null> {
  const { lanes, canaryEveryMs } = settings;
  const usual = chooseLane(false);
  const lane = lanes.includes(usual) ? usual : (lanes[0] ?? usual);
  // One that nobody takes up must not be found by whoever comes an hour later, with all the others.
  const expiresAt = new Date(sentAt + Math.max(TIMEOUT_MS, canaryEveryMs));
  try {
    // Saved anew each time, which changes nothing: somebody may have archived it.
    await producer.actions.apply({
      id: CANARY_ACTION,
      url: place,
      body: '{"id": "{{ customer.id }}"}',
      timeoutMs: TIMEOUT_MS,
      retry: { attempts: 3, baseMs: 500, factor: 2, maxMs: 2_000 },
    });
    return (await producer.enqueue({ action: CANARY_ACTION, customer: CUSTOMER, lane, expiresAt })).id;
  } catch (error) {
    log.warn({ detail: String(error) }, "canary not enqueued");
    return null;
  }
}

/** @returns null where it has not ended by the time of the next one. */
async function untilEnded(
  id: string,
  sentAt: number,
  sleep: Sleep,
  { producer, settings }: CanaryOptions,
): Promise<Outcome | null | "stopped"> {
  while (Date.now() - sentAt < settings.canaryEveryMs) {
    if (!(await sleep(ASK_MS))) return "stopped";
    // While Redis is away nothing is known, and it is asked again.
    const outcome = await producer.outcomes.get(id).catch((error: unknown) => {
      if (hasCode(error, "redis_unavailable")) return null;
      throw error;
    });
    if (outcome !== null) return outcome;
  }
  return null;
}

function tellFailure(id: string, outcome: Outcome | null, { metrics, log }: CanaryOptions): void {
  metrics.ended(outcome === null || outcome.outcome === "expired" ? "late" : "failed");
  const facts = {
    deliveryId: id,
    outcome: outcome?.outcome,
    reason: outcome?.reason,
    status: outcome?.status,
  };
  if (outcome?.reason === "address_forbidden")
    log.error(
      facts,
      "canary refused by the workers' guard; POSTRIDER_ALLOW_NETWORKS of the workers must hold its address",
    );
  else log.warn(facts, outcome === null ? "canary late" : "canary failed");
}

/** Nobody should find one among the dead letters that mean something, where it may come to lie late. */
function createSweep({ producer, log }: CanaryOptions): { add(id: string): void; sweep(): Promise<void> } {
  const sentAt = new Map<string, number>();
  return {
    add: (id) => void sentAt.set(id, Date.now()),
    async sweep() {
      if (sentAt.size === 0) return;
      try {
        await producer.deadLetters.purge({ ids: [...sentAt.keys()] });
      } catch (error) {
        // The turn is taken: a canary is sent all the same, and the next turn sweeps again.
        log.debug({ detail: String(error) }, "canaries that failed not swept");
        return;
      }
      for (const [id, at] of sentAt) if (Date.now() - at > MAY_FAIL_MS) sentAt.delete(id);
    },
  };
}
