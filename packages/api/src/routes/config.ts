// The configuration as a whole: actions, snippets, limits and subscriptions, exported and applied as one
// document.

import { CONFIG_KINDS } from "@postrider/producer/config/plan-config";
import { PostriderError } from "@postrider/shared/errors";
import { subscriptionSchema } from "@postrider/shared/subscription";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { changeSchema } from "./actions.ts";
import { shownLimitsSchema } from "./shown-destination.ts";

const configSchema = z.strictObject({
  version: z.literal(1).describe("Of the form of this document."),
  actions: z
    .array(z.looseObject({}))
    .describe("The latest versions, as `PUT /v1/actions/:id` takes them; credentials are masked."),
  snippets: z.record(z.string(), z.string()).describe("Texts by name."),
  destinations: z
    .record(z.string(), shownLimitsSchema)
    .describe("What operators have set without an end, by origin."),
  subscriptions: z
    .record(z.string(), subscriptionSchema)
    .describe("What each delivers, and by which action, by its id."),
});

const flag = z.enum(["true", "false"]).default("false");

function toEtag(digest: string): string {
  return `"${digest}"`;
}

/** The digest that `If-Match` names. @throws `request_invalid`. */
function toDigest(ifMatch: string | undefined): string | undefined {
  if (ifMatch === undefined || ifMatch.trim() === "*") return undefined;
  const [, digest] = /^\s*"([\w-]{1,100})"\s*$/.exec(ifMatch) ?? [];
  if (digest !== undefined) return digest;
  const message = "must be the ETag of a configuration, as GET answers it";
  throw new PostriderError("request_invalid", `header If-Match: ${message}`, {
    problems: [{ field: "header If-Match", message }],
  });
}

export const configRoutes: readonly Route[] = [
  defineRoute({
    id: "exportConfig",
    method: "GET",
    path: "/v1/config",
    scope: "read",
    narrowing: "whole",
    summary:
      "All actions that are not archived, snippets, operators' limits and subscriptions as one document",
    replies: { 200: "The configuration; `ETag` tells whether anything in it has changed." },
    reply: configSchema,
    async handle(_, { producer }) {
      const { config, digest } = await producer.config.export();
      const { version, actions, snippets, destinations, subscriptions } = config;
      return {
        status: 200,
        body: {
          version,
          actions: actions.map((action) => ({ ...action })),
          snippets: { ...snippets },
          destinations: { ...destinations },
          subscriptions: { ...subscriptions },
        },
        headers: { etag: toEtag(digest) },
      };
    },
  }),
  defineRoute({
    id: "applyConfig",
    method: "PUT",
    path: "/v1/config",
    scope: "manage",
    narrowing: "whole",
    summary: "Apply a configuration: what it says is saved, and the rest stays, unless it is pruned",
    query: z.strictObject({
      dryRun: flag.describe("`true`: tells what would change, and changes nothing."),
      prune: flag.describe(
        "`true`: what a section of it does not name goes, too: actions are archived, snippets and subscriptions removed, limits taken back.",
      ),
    }),
    takes: ["If-Match"],
    body: configSchema.partial(),
    bodyIsChecked: "by handler",
    replies: { 200: "What was changed, or would be; nothing where it says what is there." },
    reply: z.strictObject({
      dryRun: z.boolean(),
      digest: z.string().describe("What `If-Match` takes, in quotes; the same as `ETag`."),
      changes: z.array(
        z.strictObject({
          kind: z.enum(CONFIG_KINDS),
          name: z.string(),
          change: z.enum(["added", "changed", "removed"]).describe("`removed`: an action is archived."),
          changes: z
            .array(changeSchema)
            .describe("The smallest parts that differ; none where that is a credential."),
        }),
      ),
    }),
    errors: ["config_invalid", "action_invalid", "precondition_failed", "key_missing"],
    async handle({ body, query, header }, { producer }) {
      const ifDigest = toDigest(header("if-match"));
      const isDryRun = query.dryRun === "true";
      const work = isDryRun ? producer.config.plan : producer.config.apply;
      const { changes, digest } = await work(body, { prune: query.prune === "true", ifDigest });
      const shown = changes.map((change) => ({
        ...change,
        changes: change.changes.map((one) => ({ ...one })),
      }));
      return {
        status: 200,
        body: { dryRun: isDryRun, digest, changes: shown },
        headers: { etag: toEtag(digest) },
      };
    },
  }),
];
