// For each route of the API one request that it carries out, and what has to be there for that.

import type { RequestOptions, RunningApi } from "../support/api.ts";
import { bury } from "../support/dead-letters.ts";
import { openRedis } from "../support/open-redis.ts";

/** What belongs to one action. */
export interface Owned {
  readonly action: string;
  /** Held, with one delivery that waits. */
  readonly run: string;
  /** The same, to be cancelled. */
  readonly runToCancel: string;
  /** Not in a run. */
  readonly delivery: string;
  /** The same, to be cancelled. */
  readonly deliveryToCancel: string;
  readonly deadLetter: string;
  /** The id of a task. */
  readonly task: string;
  /** The id of a token. */
  readonly token: string;
}

/** Stands in everything of an owner that nobody but its reader can know. */
export function toMarker(owner: string): string {
  return `hidden-${owner}`;
}

export async function createOwned({ producer, redisUrl }: RunningApi, owner: string): Promise<Owned> {
  const origin = `https://${toMarker(owner)}.example`;
  const customer = { id: toMarker(owner) };
  const [run, runToCancel] = [`${owner}-run`, `${owner}-cancel`];
  await producer.actions.apply({ id: owner, url: `${origin}/{{ customer.id }}`, body: "{}" });
  for (const name of [run, runToCancel])
    await producer.enqueueMany({ action: owner, run: name, customers: [customer], hold: true, open: true });
  const { id: delivery } = await producer.enqueue({ action: owner, customer });
  const { id: deliveryToCancel } = await producer.enqueue({ action: owner, customer });
  // Leaves an outcome.
  const { id: cancelled } = await producer.enqueue({ action: owner, customer });
  await producer.deliveries.cancel(cancelled);
  const { id: token } = await producer.tokens.create({ name: owner, scopes: ["read"] });
  await producer.outcomes.read({ group: "readers" });
  await producer.events.read({ group: "readers" });
  // Leaves events.
  await producer.runs.pause(run);
  await producer.actions.apply({ id: "hook", url: "https://hook.example/" });
  await producer.subscriptions.set("ops", { action: "hook", events: ["run.paused"] });
  // Of nothing: what it would take up is needed by others.
  const { id: task } = await producer.tasks.begin(
    { do: "purge", filter: { action: owner, reason: "gone" } },
    owner,
  );
  await producer.snippets.set("footer", "Bye");
  const redis = openRedis(redisUrl);
  const [deadLetter = ""] = await bury(redis, {
    count: 2,
    run: `${owner}-dead`,
    action: `${owner}@1`,
    destination: origin,
  });
  redis.disconnect();
  return { action: owner, run, runToCancel, delivery, deliveryToCancel, deadLetter, task, token };
}

export interface Example extends RequestOptions {
  /** By the names in the route's path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
}

const ORIGIN = { origin: "https://api.example.com" };

/** By the route's id. A route without one fails a test. */
export const EXAMPLES: Readonly<Record<string, (owned: Owned) => Example>> = {
  listActions: () => ({ query: "?archived=true" }),
  getAction: ({ action }) => ({ params: { id: action } }),
  saveAction: ({ action }) => ({
    params: { id: action },
    body: { url: "https://changed.example/", headers: [{ name: "X-A", value: "{{ customer.id }}" }] },
  }),
  archiveAction: ({ action }) => ({ params: { id: action } }),
  restoreAction: ({ action }) => ({ params: { id: action } }),
  listActionVersions: ({ action }) => ({ params: { id: action } }),
  diffActionVersions: ({ action }) => ({ params: { id: action }, query: "?from=1" }),
  previewAction: ({ action }) => ({
    params: { id: action },
    body: { customers: [{ id: 1, name: "Ann" }, { id: 2 }], event: { a: 1 }, at: "2026-01-01T00:00:00Z" },
  }),
  getDialect: () => ({}),
  readSamples: () => ({ body: { text: '{"id":1}\n{"name":"no id"}\n' } }),
  checkAction: ({ action }) => ({
    params: { id: action },
    body: {
      action: {
        url: "https://a.example/{{ customer.id }}",
        examples: [{ customer: { id: 1 }, request: { url: "https://a.example/2" } }],
      },
    },
  }),
  listBin: () => ({}),
  testAction: ({ action }) => ({ params: { id: action }, body: { customer: { id: 1 }, event: { a: 1 } } }),
  sendCustomers: ({ action }) => ({
    params: { id: action },
    query: `?open=true&event=${encodeURIComponent('{"a":1}')}&values=${encodeURIComponent('{"event_name":"x"}')}`,
    body: '{"id":1}\n',
    headers: { "content-type": "application/x-ndjson" },
  }),
  tryCustomers: ({ action }) => ({
    params: { id: action },
    query: "?rejectedMax=1",
    body: '{"id":1}\n{"id":}\n[]\n',
    headers: { "content-type": "application/x-ndjson" },
  }),
  enqueueDeliveries: ({ action }) => ({
    query: "?onInvalid=skip",
    body: [
      { action, customer: { id: 1, odd: { a: [1] } }, event: { a: 1 }, values: { event_name: "x" } },
      { action, customer: { id: "2" }, key: "k", lane: "bulk", sendAt: "2030-01-01T00:00:00Z" },
    ],
  }),
  listDeliveries: () => ({ query: "?limit=10&state=waiting&from=2020-01-01T00:00:00Z" }),
  changeDelivery: ({ delivery }) => ({
    params: { id: delivery },
    body: { sendAt: "2030-01-01T00:00:00Z", expiresAt: null },
  }),
  cancelDelivery: ({ deliveryToCancel }) => ({ params: { id: deliveryToCancel } }),
  listCustomerDeliveries: ({ action }) => ({ params: { id: toMarker(action) } }),
  listOutcomes: () => ({ query: "?limit=10" }),
  streamOutcomes: () => ({ query: "?start=oldest" }),
  listOutcomeGroups: () => ({}),
  deleteOutcomeGroup: () => ({ params: { group: "readers" } }),
  readSeries: () => ({ query: "?measure=enqueued,latency_p95&by=action&step=1m" }),
  listEvents: () => ({ query: "?limit=10" }),
  streamEvents: () => ({ query: "?start=oldest" }),
  listEventGroups: () => ({}),
  deleteEventGroup: () => ({ params: { group: "readers" } }),
  listSubscriptions: () => ({}),
  getSubscription: () => ({ params: { id: "ops" } }),
  saveSubscription: () => ({
    params: { id: "ops" },
    body: { action: "hook", events: ["run.completed"], outcomes: { outcome: "failed" } },
  }),
  testSubscription: () => ({ params: { id: "ops" }, body: { type: "run.completed" } }),
  removeSubscription: () => ({ params: { id: "ops" } }),
  getDelivery: ({ delivery }) => ({ params: { id: delivery } }),
  getDeliveryRequest: ({ delivery }) => ({ params: { id: delivery } }),
  listRuns: () => ({ query: "?limit=10" }),
  getRun: ({ run }) => ({ params: { id: run } }),
  closeRun: ({ run }) => ({ params: { id: run } }),
  pauseRun: ({ run }) => ({ params: { id: run } }),
  resumeRun: ({ run }) => ({ params: { id: run } }),
  cancelRun: ({ runToCancel }) => ({ params: { id: runToCancel } }),
  releaseRun: ({ run }) => ({ params: { id: run }, body: {} }),
  listDeadLetters: () => ({ query: "?limit=10&reason=reply_5xx&from=2020-01-01T00:00:00Z" }),
  groupDeadLetters: () => ({ query: "?by=action,reason" }),
  getDeadLetter: ({ deadLetter }) => ({ params: { id: deadLetter } }),
  replayDeadLetters: () => ({ body: { ids: ["none"], newKey: true } }),
  purgeDeadLetters: () => ({ body: { ids: ["none"] } }),
  beginTask: ({ action }) => ({
    body: { do: "replay", filter: { action, reason: "gone", customer: 5 }, rate: 50, newKey: true },
  }),
  listTasks: () => ({ query: "?limit=10" }),
  getTask: ({ task }) => ({ params: { id: task } }),
  stopTask: ({ task }) => ({ params: { id: task } }),
  listDestinations: () => ({}),
  getDestination: () => ({ params: ORIGIN }),
  limitDestination: () => ({ params: ORIGIN, body: { ratePerSecond: 5, concurrency: 2 } }),
  unlimitDestination: () => ({ params: ORIGIN }),
  pauseDestination: () => ({ params: ORIGIN }),
  resumeDestination: () => ({ params: ORIGIN }),
  getStatus: () => ({ query: "?lanes=bulk,own&ownLanes=5" }),
  streamOverview: () => ({}),
  getOverview: () => ({ query: "?lanes=bulk,own" }),
  listSnippets: () => ({}),
  getSnippet: () => ({ params: { name: "footer" } }),
  saveSnippet: () => ({ params: { name: "footer" }, body: { text: "Bye, {{ customer.id }}" } }),
  removeSnippet: () => ({ params: { name: "footer" } }),
  listSecrets: () => ({}),
  saveSecret: () => ({ params: { name: "CRM" }, body: { value: "a value of some length" } }),
  removeSecret: () => ({ params: { name: "CRM" } }),
  getCaller: () => ({}),
  listTokens: () => ({}),
  createToken: ({ action }) => ({ body: { name: "crm", scopes: ["enqueue"], actions: [action] } }),
  revokeToken: ({ token }) => ({ params: { id: token } }),
  exportConfig: () => ({}),
  applyConfig: ({ action }) => ({
    query: "?dryRun=true&prune=true",
    body: {
      version: 1,
      actions: [{ id: action, url: "https://other.example/" }],
      snippets: { footer: "Bye, {{ customer.id }}" },
      destinations: { [ORIGIN.origin]: { ratePerSecond: 5 } },
    },
  }),
  listAudit: ({ action }) => ({ query: `?limit=10&on=${action}` }),
  getHealth: () => ({}),
  receiveCanary: () => ({ body: { id: "canary" } }),
  getReadiness: () => ({}),
  getMetrics: () => ({}),
  getOpenApi: () => ({}),
  getDocs: () => ({}),
  getDocsStyle: () => ({}),
};

/** A route's path with an example's values in it. */
export function toPath(path: string, { params = {}, query = "" }: Example): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? "")) + query;
}
