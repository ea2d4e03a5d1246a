// The verbs that change something, each followed by a note of who did it. The one place where that is
// decided, whichever door the change came through; a new verb that changes something gets its line here.

import { toFilterDocument } from "@postrider/shared/delivery-filter";
import type { ActionStore } from "../actions/actions.ts";
import type { DeadLetters } from "../dead-letters/dead-letters.ts";
import type { Deliveries } from "../deliveries/deliveries.ts";
import type { Destinations, ForATime } from "../destinations/destinations.ts";
import type { Runs } from "../runs/runs.ts";
import type { SecretStore } from "../secrets/secrets.ts";
import type { ManageShards } from "../shards/manage-shards.ts";
import type { SnippetStore } from "../snippets/snippets.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import type { Tasks } from "../tasks/tasks.ts";
import type { TokenStore } from "../tokens/token-store.ts";
import type { Audited, Note } from "./audit-trail.ts";
import { auditDeadLetters, auditDeliveries } from "./audited-deliveries.ts";

/** What a caller changes things by. */
export interface Verbs {
  readonly actions: ActionStore;
  readonly snippets: SnippetStore;
  readonly secrets: SecretStore;
  /** The tokens of the HTTP API. */
  readonly tokens: TokenStore;
  readonly destinations: Destinations;
  readonly runs: Runs;
  /** Mass work that API processes carry out. */
  readonly tasks: Tasks;
  readonly deadLetters: DeadLetters;
  readonly deliveries: Deliveries;
  readonly shards: ManageShards;
  /** Events and outcomes that are delivered as webhooks. */
  readonly subscriptions: Subscriptions;
}

export function toAudited(verbs: Verbs, note: Note): Verbs {
  return {
    actions: auditActions(verbs.actions, note),
    ...auditStores(verbs, note),
    destinations: auditDestinations(verbs.destinations, note),
    runs: auditRuns(verbs.runs, note),
    tasks: auditTasks(verbs.tasks, note),
    deadLetters: auditDeadLetters(verbs.deadLetters, note),
    deliveries: auditDeliveries(verbs.deliveries, note),
    subscriptions: auditSubscriptions(verbs.subscriptions, note),
    shards: auditShards(verbs.shards, note),
  };
}

function auditActions(actions: ActionStore, note: Note): ActionStore {
  return {
    ...actions,
    async apply(document, condition) {
      const applied = await actions.apply(document, condition);
      const { id, version, isNew, isRestored } = applied;
      const from = version === 1 ? undefined : `version ${version - 1}`;
      if (isNew) await note("action.saved", id, { from, to: `version ${version}` });
      if (isRestored) await note("action.restored", id, { to: `version ${version}` });
      return applied;
    },
    async archive(id) {
      const switched = await actions.archive(id);
      if (switched.isChanged) await note("action.archived", id);
      return switched;
    },
    async restore(id) {
      const switched = await actions.restore(id);
      if (switched.isChanged) await note("action.restored", id);
      return switched;
    },
  };
}

function auditStores(
  { snippets, secrets, tokens }: Verbs,
  note: Note,
): Pick<Verbs, "snippets" | "secrets" | "tokens"> {
  return {
    snippets: {
      ...snippets,
      async set(name, text) {
        const before = await snippets.get(name);
        await snippets.set(name, text);
        if (before !== text) await note("snippet.saved", name, { from: before ?? undefined, to: text });
      },
      async remove(name) {
        const before = await snippets.get(name);
        const wasThere = await snippets.remove(name);
        if (wasThere) await note("snippet.removed", name, { from: before ?? undefined });
        return wasThere;
      },
    },
    secrets: {
      ...secrets,
      async set(name, value) {
        await secrets.set(name, value);
        await note("secret.saved", name);
      },
      async remove(name) {
        await secrets.remove(name);
        await note("secret.removed", name);
      },
      async rotate() {
        const rotated = await secrets.rotate();
        await note("secrets.rotated", "all", { to: `${rotated.resealed} sealed anew` });
        return rotated;
      },
    },
    tokens: {
      ...tokens,
      async create(grant) {
        const made = await tokens.create(grant);
        const { token: _, createdAt: __, id, ...granted } = made;
        await note("token.made", id, { to: JSON.stringify(granted) });
        return made;
      },
      async revoke(id) {
        await tokens.revoke(id);
        await note("token.revoked", id);
      },
    },
  };
}

function auditDestinations(destinations: Destinations, note: Note): Destinations {
  const limiting =
    (limit: Destinations["limit"]): Destinations["limit"] =>
    async (named, limits, options) => {
      const { origin, limits: before } = await destinations.show(named);
      await limit(named, limits, options);
      const what = limits === null ? "destination.unlimited" : "destination.limited";
      const to = limits === null ? undefined : `${JSON.stringify(limits)}${toLasting(options)}`;
      await note(what, origin, { from: JSON.stringify(before), to });
    };
  return {
    ...destinations,
    limit: limiting(destinations.limit),
    configure: limiting((origin, limits) => destinations.configure(origin, limits)),
    async pause(origin, options) {
      await destinations.pause(origin, options);
      await note("destination.paused", toName(origin), { to: `paused${toLasting(options)}` });
    },
    async resume(origin) {
      await destinations.resume(origin);
      await note("destination.resumed", toName(origin));
    },
  };
}

/** As lists show it; what is none was refused before. */
function toName(origin: string): string {
  return new URL(origin).origin;
}

function toLasting({ forMs }: ForATime = {}): string {
  return forMs === undefined ? "" : ` for ${Math.round(forMs / 1_000)} s`;
}

function auditRuns(runs: Runs, note: Note): Runs {
  const switching = (change: (run: string) => Promise<void>, what: Audited) => async (run: string) => {
    await change(run);
    await note(what, run);
  };
  return {
    ...runs,
    close: switching(runs.close, "run.closed"),
    pause: switching(runs.pause, "run.paused"),
    resume: switching(runs.resume, "run.resumed"),
    cancel: switching(runs.cancel, "run.cancelled"),
    hold: switching(runs.hold, "run.held"),
    async release(run, deliveryId) {
      await runs.release(run, deliveryId);
      await note("run.released", run, { to: deliveryId && `the delivery ${deliveryId}` });
    },
  };
}

function auditTasks(tasks: Tasks, note: Note): Tasks {
  return {
    ...tasks,
    async begin(order, by) {
      const task = await tasks.begin(order, by);
      await note("task.begun", task.id, {
        to: JSON.stringify({ ...order, filter: toFilterDocument(order.filter) }),
      });
      return task;
    },
    async stop(id) {
      const { endedAt } = await tasks.get(id);
      const task = await tasks.stop(id);
      if (endedAt === null) await note("task.stopped", id);
      return task;
    },
  };
}

function auditSubscriptions(subscriptions: Subscriptions, note: Note): Subscriptions {
  return {
    ...subscriptions,
    async set(id, document) {
      const saved = await subscriptions.set(id, document);
      await note("subscription.saved", id, { to: JSON.stringify(document) });
      return saved;
    },
    async remove(id) {
      await subscriptions.remove(id);
      await note("subscription.removed", id);
    },
  };
}

function auditShards(shards: ManageShards, note: Note): ManageShards {
  const countOpen = async (): Promise<number> =>
    (await shards.list()).filter(({ state }) => state === "open").length;
  return {
    ...shards,
    async set(count) {
      const before = await countOpen();
      const set = await shards.set(count);
      if (before !== count) await note("shards.set", "all", { from: `${before}`, to: `${count}` });
      return set;
    },
    async remove(name, options) {
      await shards.remove(name, options);
      await note("shard.removed", name);
    },
  };
}
