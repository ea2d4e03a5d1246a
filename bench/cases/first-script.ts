// The first script: what one writes on the first afternoon, from the examples in the documentation of BullMQ,
// liquidjs and fetch. It works; it parses each template for each delivery, and knows no deadline, no record
// and no reason.

import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { Liquid } from "liquidjs";
import { LANE, PREFIX, toTemplates } from "../workload.ts";

const [redisUrl = "", sinkUrl = "", concurrency = ""] = process.argv.slice(2);

const liquid = new Liquid();
const templates = toTemplates(sinkUrl);

new Worker(
  LANE,
  async (job) => {
    const scope = { customer: job.data };
    const url = await liquid.parseAndRender(templates.url, scope);
    const headers: Record<string, string> = {};
    for (const { name, value } of templates.headers)
      headers[name] = await liquid.parseAndRender(value, scope);
    const body = await liquid.parseAndRender(templates.body, scope);

    const response = await fetch(url, { method: "POST", headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
  },
  {
    connection: new Redis(redisUrl, { maxRetriesPerRequest: null }),
    prefix: PREFIX,
    concurrency: Number(concurrency),
  },
);
