// A service for the time of one command: through the HTTP API that POSTRIDER_URL names, or straight on Redis.
// The only place that chooses.

import type { Settings } from "@postrider/shared/settings/settings";
import { createLocalService, sendWhole } from "./local-service.ts";
import { createRemoteService } from "./remote/remote-service.ts";
import type { Service } from "./service.ts";
import { withProducer } from "./with-producer.ts";
import { withTracing } from "./with-tracing.ts";

/** What a command prints is its result; that spans were lost is none of it. */
const UNSAID = { warn: () => undefined, info: () => undefined };

/** Does the work, and closes what it took whatever happens. */
export function withService<T>(settings: Settings, work: (service: Service) => Promise<T>): Promise<T> {
  return settings.url === ""
    ? withTracing(settings, "cli", UNSAID, () =>
        withProducer(settings, (producer) => work(createLocalService(producer, settings))),
      )
    : work(createRemoteService(settings));
}

/** Sends an action's request once. What is not saved anywhere needs neither Redis nor an API. */
export const testSend =
  (settings: Settings): Service["testSend"] =>
  async (action, sample, to) =>
    settings.url === "" && typeof action !== "string"
      ? await sendWhole(settings, action, sample, to)
      : await withService(settings, (service) => service.testSend(action, sample, to));
