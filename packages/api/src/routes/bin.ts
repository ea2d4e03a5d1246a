// The request bin: what arrived at the address that workers take themselves.

import { z } from "zod";
import { reaches } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";

export const arrivedSchema = z.strictObject({
  method: z.string(),
  path: z.string(),
  httpVersion: z.string(),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  body: z.string(),
  bodyBytes: z.int(),
});

export const binRoute: Route = defineRoute({
  id: "listBin",
  method: "GET",
  path: "/v1/bin",
  scope: "read",
  narrowing: "found",
  summary: "The latest requests of actions whose address is the request bin, http://request-bin.invalid",
  replies: { 200: "The latest hundred of the last hour, credentials masked; `after` is null." },
  reply: z.strictObject({
    requests: z.array(arrivedSchema.extend({ at: timeSchema, action: z.string().describe("Its id.") })),
    after: z.null(),
  }),
  async handle({ caller }, { arrivals }) {
    const found = (await arrivals.latest()).filter(({ action }) => reaches(caller, { action }));
    const requests = found.map(({ at, headers, ...rest }) => ({
      ...rest,
      at: toTime(at),
      headers: headers.map((header) => ({ ...header })),
    }));
    return { status: 200, body: { requests, after: null } };
  },
});
