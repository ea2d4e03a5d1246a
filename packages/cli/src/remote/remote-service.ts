// The service through an HTTP API: each part of it stands for the same part of a producer, with the same
// errors and the same values, times as Unix ms among them.

import { createClient } from "@postrider/client";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Service } from "../service.ts";
import { createRemoteActions, createTestSend } from "./actions.ts";
import { createRemoteAudit } from "./audit.ts";
import { createRemoteConfig } from "./config.ts";
import { createRemoteDeadLetters } from "./dead-letters.ts";
import { createRemoteCustomers, createRemoteDeliveries } from "./deliveries.ts";
import { createRemoteDestinations } from "./destinations.ts";
import { createEnqueueMany } from "./enqueue.ts";
import { createRemoteEvents } from "./events.ts";
import { createRemoteMetrics } from "./metrics.ts";
import { createRemoteOutcomes } from "./outcomes.ts";
import { createRemoteRuns } from "./runs.ts";
import { createIsServed, createLaneNames, createOverview, createStatus } from "./status.ts";
import { createRemoteSecrets, createRemoteSnippets } from "./store.ts";
import { createRemoteSubscriptions } from "./subscriptions.ts";
import { createRemoteTasks } from "./tasks.ts";
import { createRemoteTokens } from "./tokens.ts";
import { type Remote, toldAsOurs } from "./told-as-ours.ts";

/** Connects to nothing yet: a command that asks nothing needs no API. */
export function createRemoteService({ url, token }: Settings): Service {
  const client = createClient({ url, ...(token !== "" && { token }) });
  const remote: Remote = toldAsOurs(client, { url, hasToken: token !== "" });
  return {
    ...createRemoteActions(remote),
    testSend: createTestSend(remote),
    snippets: createRemoteSnippets(remote),
    enqueueMany: createEnqueueMany(remote),
    runs: createRemoteRuns(remote),
    outcomes: createRemoteOutcomes(remote),
    events: createRemoteEvents(remote),
    deliveries: createRemoteDeliveries(remote),
    customers: createRemoteCustomers(remote),
    deadLetters: createRemoteDeadLetters(remote),
    destinations: createRemoteDestinations(remote),
    secrets: createRemoteSecrets(remote),
    audit: createRemoteAudit(remote),
    config: createRemoteConfig(remote),
    subscriptions: createRemoteSubscriptions(remote),
    metrics: createRemoteMetrics(remote),
    tokens: createRemoteTokens(remote),
    tasks: createRemoteTasks(remote),
    status: createStatus(remote),
    overview: createOverview(remote),
    laneNames: createLaneNames(remote),
    isServed: createIsServed(remote),
  };
}
