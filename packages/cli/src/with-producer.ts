// A producer for the time of one command, for those that work on Redis itself.

import { hostname, userInfo } from "node:os";
import type { Producer } from "@postrider/producer/producer";
import { PostriderError } from "@postrider/shared/errors";
import type { Settings } from "@postrider/shared/settings/settings";

/** `user@host`. */
function whoIsThis(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // In a container a process may run under a number without a name.
    return `unknown@${hostname()}`;
  }
}

/** Connects, does the work, and closes whatever happens. @throws `settings_invalid` with POSTRIDER_URL. */
export async function withProducer<T>(
  settings: Settings,
  work: (producer: Producer) => Promise<T>,
): Promise<T> {
  refuseUrl(settings);
  const { createProducer } = await import("@postrider/producer/producer");
  const connected = await createProducer({ ...settings, redis: settings.redisUrl });
  const producer = connected.as({ actor: settings.user || whoIsThis(), via: "cli" });
  try {
    return await work(producer);
  } finally {
    await producer.close();
  }
}

/**
 * For what no API can do: whoever set the variable would be surprised what it works on.
 * @throws `settings_invalid`.
 */
export function refuseUrl({ url }: Pick<Settings, "url">): void {
  if (url === "") return;
  throw new PostriderError(
    "settings_invalid",
    `this command works on Redis itself, not through the API at ${url}; unset POSTRIDER_URL for it (env -u POSTRIDER_URL postrider …)`,
  );
}
