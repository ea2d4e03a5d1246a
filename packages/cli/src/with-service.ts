// A service for the time of one command: through the HTTP API that POSTRIDER_URL names, or straight on Redis.
// The only place that chooses.

import type { Settings } from "@postrider/shared/settings/settings";
import { createLocalService } from "./local-service.ts";
import { createRemoteService } from "./remote/remote-service.ts";
import type { Service } from "./service.ts";
import { withProducer } from "./with-producer.ts";

/** Does the work, and closes what it took whatever happens. */
export function withService<T>(settings: Settings, work: (service: Service) => Promise<T>): Promise<T> {
  return settings.url === ""
    ? withProducer(settings, (producer) => work(createLocalService(producer, settings)))
    : work(createRemoteService(settings));
}
