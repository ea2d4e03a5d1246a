// A small installation with everything on it that the console shows: deliveries that flow, destinations that
// fail, runs in every state, dead letters, and strangers' texts that would be markup anywhere else.

import type { Producer } from "@postrider/producer/producer";
import { createRollUps, type Happened } from "@postrider/redis/roll-ups";
import { createLogger } from "@postrider/shared/log";
import type { Reason } from "@postrider/shared/outcome";
import { MINUTE_MS } from "@postrider/shared/roll-up";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createWorker } from "@postrider/worker/worker";
import { type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { toShard } from "../support/keys.ts";
import { LOOPBACK } from "../support/network.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok, type Receiver, reply, type Script, slow, startReceiver } from "../support/receiver.ts";
import { newKey } from "../support/secret-keys.ts";

export const TOKENS = {
  admin: "a".repeat(40),
  reader: "r".repeat(40),
  narrow: "n".repeat(40),
} as const;

/** Markup, a mark that turns text around, a bell, and an integer that no double holds. */
export const HOSTILE = '<b id="planted">bold</b>\u202eevil\u0007';
export const LARGE = 9_007_199_254_740_993n;

export interface Scene {
  readonly api: RunningApi;
  readonly producer: Producer;
  readonly receivers: { readonly shop: Receiver; readonly crm: Receiver };
  /** Of hostile customers: one delivered, one a dead letter, one that is tried again and again. */
  readonly deliveries: { readonly delivered: string; readonly dead: string; readonly waiting: string };
  [Symbol.asyncDispose](): Promise<void>;
}

const SOON = { attempts: 3, baseMs: 20, factor: 1, maxMs: 20 } as const;
/** Long enough for a circuit to be opened meanwhile. */
const LONG = { attempts: 50, baseMs: 400, factor: 1, maxMs: 400 } as const;

/** Refuses some, with a body that is no markup; everything else is taken after a moment. */
const shopping: Script = ({ path }, { nth }) => {
  if (path.includes("planted") || path.endsWith("refused"))
    return reply(
      422,
      { "content-type": "text/html", "x-said": "<i>no</i>" },
      `{"order": ${LARGE}, "why": "<b id=\\"planted\\">no</b>"}`,
    );
  if (/-\d*7$/.test(path))
    return reply(422, { "content-type": "application/json" }, '{"error": "unknown customer"}');
  if (/-\d*3$/.test(path) && nth === 1) return reply(503);
  return slow(8, ok());
};

export async function playScene(environment: Record<string, string> = {}): Promise<Scene> {
  const shop = await startReceiver(shopping);
  const crm = await startReceiver(() => reply(503, {}, "down for maintenance"));
  const secretKeys = newKey("k1");
  const settings = { ...LOOPBACK, POSTRIDER_SECRET_KEYS: secretKeys };
  const api = await startApi({
    ...settings,
    POSTRIDER_API_TOKENS: JSON.stringify([
      { name: "ops", scopes: ["admin"], token: TOKENS.admin },
      { name: "support", scopes: ["read"], token: TOKENS.reader },
      { name: "shop-team", scopes: ["read"], actions: ["welcome"], token: TOKENS.narrow },
    ]),
    ...environment,
  });
  const worker = await createWorker(
    readSettings({
      ...settings,
      POSTRIDER_REDIS_URL: api.redisUrl,
      POSTRIDER_METRICS_PORT: "0",
      POSTRIDER_METRICS_HOST: "127.0.0.1",
      POSTRIDER_SHUTDOWN_GRACE_MS: "2000",
      POSTRIDER_CIRCUIT_ATTEMPTS_MIN: "5",
      POSTRIDER_CIRCUIT_PAUSE_MS: "600000",
    }),
    createLogger({ level: "silent", format: "json" }).log,
  );
  const running = worker.run();
  const deliveries = await fill(api.producer, shop.url, crm.url);
  await remember(api.redisUrl, shop.url);
  return {
    api,
    producer: api.producer,
    receivers: { shop, crm },
    deliveries,
    async [Symbol.asyncDispose]() {
      await worker.close();
      await running;
      await api[Symbol.asyncDispose]();
      await shop.close();
      await crm.close();
    },
  };
}

/** Of nobody's run: one of the samples that a composer begins with lacks what it needs. */
const BIRTHDAY = {
  id: "birthday",
  method: "PUT",
  url: "https://crm.example/people/{{ customer.id }}/gifts",
  headers: [{ name: "X-Campaign", value: "birthday-{{ 'now' | date: '%Y' }}" }],
  body: `{
  "name": "{{ customer.name | capitalize }}",
  "gift": {% if customer.plan == "gold" %}"cake"{% else %}"card"{% endif %},
  "plan": "{{ customer.plan }}",
  "orders": {{ customer.orders | default: 0 }}
}`,
};

function people(count: number, prefix: string) {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}-${index}`,
    name: `Customer ${index}`,
  }));
}

async function fill(producer: Producer, shop: string, crm: string): Promise<Scene["deliveries"]> {
  await producer.secrets.set("SHOP_KEY", "a secret of some length");
  await producer.snippets.set("footer", `Sent with love ${HOSTILE}`);
  const welcome = {
    id: "welcome",
    url: `${shop}/customers/{{ customer.id }}`,
    headers: [{ name: "X-Api-Key", value: "{{ secrets.SHOP_KEY }}" }],
    secrets: ["SHOP_KEY"],
    body: '{"name": {{ customer.name }}, "order": {{ customer.order | default: 0 }}}',
    retry: SOON,
  };
  await producer.actions.apply(BIRTHDAY);
  await producer.actions.apply(welcome);
  await producer.actions.apply({ ...welcome, body: `${welcome.body.slice(0, -1)}, "greeting": "Hello"}` });
  await producer.actions.apply({
    id: "loyalty-points",
    url: `${shop}/points/{{ customer.id }}`,
    body: "{{ customer }}",
    retry: SOON,
  });
  await producer.actions.apply({
    id: "crm-sync",
    url: `${crm}/contacts`,
    body: "{{ customer }}",
    retry: LONG,
  });
  await producer.actions.apply({ id: "old-coupon", url: `${shop}/coupon`, body: "{}" });
  await producer.actions.archive("old-coupon");
  await producer.actions.apply({ id: "ops-hook", url: `${shop}/hook` });
  await producer.subscriptions.set("ops", { action: "ops-hook", events: ["run.completed"] });
  await producer.enqueueMany({ action: "welcome", run: "autumn-newsletter", customers: people(60, "au") });
  await producer.enqueueMany({ action: "crm-sync", run: "crm-nightly", customers: people(40, "crm") });
  await producer.enqueueMany({
    action: "loyalty-points",
    run: "spring-sale",
    customers: people(25, "sp"),
    hold: true,
  });
  await producer.enqueueMany({
    action: "welcome",
    run: "win-back",
    customers: people(45, "wb"),
    hold: true,
    open: true,
  });
  await producer.runs.release("win-back");
  const { id: delivered } = await producer.enqueue({
    action: "loyalty-points",
    customer: { id: `good ${HOSTILE}`.replace("planted", "sown"), name: HOSTILE, order: LARGE },
    labels: ["vip"],
  });
  const { id: dead } = await producer.enqueue({
    action: "welcome",
    customer: { id: HOSTILE, name: HOSTILE, order: LARGE },
  });
  const { id: waiting } = await producer.enqueue({
    action: "crm-sync",
    customer: { id: HOSTILE, name: HOSTILE, order: LARGE },
  });
  await producer.actions.apply({
    id: "into-the-bin",
    url: "http://request-bin.invalid/people",
    body: '{"id": "{{ customer.id }}", "name": {{ customer.name }}}',
  });
  const { id: binned } = await producer.enqueue({
    action: "into-the-bin",
    customer: { id: HOSTILE, name: HOSTILE },
  });
  await eventually(async () => {
    const run = await producer.runs.get("autumn-newsletter");
    if (run.waiting + run.inFlight > 0) throw new Error("autumn-newsletter is under way");
    const { destinations } = await producer.overview([]);
    if (!destinations.some(({ origin, state }) => origin === crm && state === "circuit-open"))
      throw new Error(`no circuit is open at ${crm}: ${JSON.stringify(destinations)}`);
    const { waiting, inFlight } = await producer.runs.get("win-back");
    if (waiting + inFlight > 0) throw new Error("win-back is under way");
    for (const id of [delivered, dead, binned])
      if ((await producer.deliveries.show(id)).outcome === null) throw new Error(`${id} has not ended`);
  });
  await producer.destinations.limit("https://api.push.example", { ratePerSecond: 50 }, { forMs: 7_200_000 });
  await producer.destinations.pause("https://sms.example");
  await producer.tasks.begin({ do: "purge", filter: { action: "welcome", reason: "gone" } }, "ops");
  return { delivered, dead, waiting };
}

/** What an hour has left behind for the charts. */
async function remember(redisUrl: string, destination: string): Promise<void> {
  const redis = openRedis(redisUrl);
  const now = Date.now();
  for (let minute = 60; minute > 0; minute--) {
    const rollUps = createRollUps(toShard(redis), KEPT, () => now - minute * MINUTE_MS);
    for (const happened of happenedIn(minute, destination)) rollUps.add(happened);
    await rollUps.close();
  }
  redis.disconnect();
}

const KEPT = { rollUpsMinutesKeptMs: 86_400_000, rollUpsHoursKeptMs: 604_800_000, rollUpsNamesMax: 100 };
/** One of so many deliveries fails for it. */
const FAILING = { reply_4xx: 9, timeout: 23, value_missing: 31 } as const;

function happenedIn(minute: number, destination: string): Happened[] {
  const count = Math.round(90 + 40 * Math.sin(minute / 9) + 12 * Math.sin(minute * 2.1));
  const of = { action: "welcome@2", destination, lane: "bulk", run: "autumn-newsletter", isRetry: false };
  const delivered = Array.from({ length: count }, (_, nth): Happened => {
    const sendMs = 14 + ((nth * 37 + minute * 11) % 90) + (nth % 29 === 0 ? 600 : 0);
    return { ...of, reason: "reply_2xx", enqueued: 1, outcome: "delivered", sendMs, latencyMs: sendMs + 20 };
  });
  const failed = Object.entries(FAILING).flatMap(([reason, share]) =>
    Array.from({ length: Math.ceil(count / share) }, (): Happened => {
      return {
        ...of,
        reason: reason as Reason,
        enqueued: 0,
        outcome: "failed",
        sendMs: 120,
        latencyMs: null,
      };
    }),
  );
  return [...delivered, ...failed];
}
