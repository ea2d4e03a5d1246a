// An API in a process of its own, forked by the long runs: tells its address, and what it holds when asked.

import { createApi } from "@postrider/api/api";
import { createProducer } from "@postrider/producer/producer";
import { createLogger } from "@postrider/shared/log";
import { readSettings } from "@postrider/shared/settings/read-settings";

const settings = readSettings(process.env);
const { redisUrl, keyPrefix, backlogMax } = settings;
const producer = await createProducer({ redis: redisUrl, keyPrefix, backlogMax });
const { log } = createLogger({ level: "silent", format: "json" });
const api = await createApi({ producer, settings, log });
await api.listen();

process.on("message", (asked) => {
  if (asked === "stop")
    return void Promise.all([api.close(), producer.close()]).then(() => process.disconnect());
  if (asked === "memory") {
    globalThis.gc?.();
    process.send?.({ bytes: process.memoryUsage().rss, cpu: process.cpuUsage() });
  }
});
process.send?.({ address: api.address });
