// A producer for the time of one command.

import { hostname, userInfo } from "node:os";
import { createProducer, type Producer } from "@postrider/producer/producer";
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

/** Connects, does the work, and closes whatever happens. */
export async function withProducer<T>(
  settings: Settings,
  work: (producer: Producer) => Promise<T>,
): Promise<T> {
  const connected = await createProducer({ ...settings, redis: settings.redisUrl });
  const producer = connected.as({ actor: settings.user || whoIsThis(), via: "cli" });
  try {
    return await work(producer);
  } finally {
    await producer.close();
  }
}
