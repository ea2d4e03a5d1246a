// The audit: who changed what.

import { AUDIT_CURSOR, AUDITED } from "@postrider/producer/audit/audit-trail";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";

/** Each is read anew from a stream that is small. */
const LIST_MAX = 1_000;

const entrySchema = z.strictObject({
  id: z.string(),
  at: timeSchema,
  by: z.string().describe("A token's name, `user@host`, or what a program calls itself."),
  via: z.enum(["library", "api", "cli"]),
  what: z.enum(AUDITED),
  on: z.string().describe("The thing's name or id."),
  from: z.string().nullable().describe("How it stood before, in short."),
  to: z.string().nullable().describe("How it stands since then."),
  requestId: z.string().nullable().describe("`X-Request-Id` of the API's request."),
});

export const auditRoute: Route = defineRoute({
  id: "listAudit",
  method: "GET",
  path: "/v1/audit",
  scope: "admin",
  narrowing: "whole",
  summary: "Who changed what, newest first",
  query: z.strictObject({
    limit: z.coerce.number().int().min(1).max(LIST_MAX).default(50),
    after: z
      .string()
      .regex(AUDIT_CURSOR, "is none that an earlier list has given")
      .optional()
      .describe("Of the page before, to go on behind it."),
    by: z.string().max(400).optional().describe("Only what this one has changed."),
    on: z.string().max(400).optional().describe("Only changes of the thing of this name."),
  }),
  replies: { 200: "A page; one that is filtered may be short and have more behind it: `after` tells." },
  reply: z.strictObject({ audit: z.array(entrySchema), after: z.string().nullable() }),
  async handle({ query: { limit, after, by, on } }, { producer }) {
    const listed = await producer.audit.list({
      limit,
      ...(after !== undefined && { after }),
      ...(by !== undefined && { by }),
      ...(on !== undefined && { on }),
    });
    const audit = listed.audit.map((entry) => ({ ...entry, at: toTime(entry.at) }));
    return { status: 200, body: { audit, after: listed.after } };
  },
});
