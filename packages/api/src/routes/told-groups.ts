// The groups of those who read outcomes, or events: how far each is, and forgetting one.

import type { Producer } from "@postrider/producer/producer";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";

export interface GroupRoutes {
  readonly path: string;
  readonly ids: { readonly list: string; readonly remove: string };
  /** Of removing one. */
  readonly errors: readonly ErrorCode[];
  readonly of: (producer: Producer) => Pick<Producer["events"], "groups" | "removeGroup">;
}

export function defineGroupRoutes({ path, ids, errors, of }: GroupRoutes): readonly Route[] {
  return [
    defineRoute({
      id: ids.list,
      method: "GET",
      path,
      scope: "read",
      narrowing: "whole",
      summary: "The groups of readers, and how far each is",
      replies: { 200: "All groups; `after` is null, since there is one page." },
      reply: z.strictObject({
        groups: z.array(
          z.strictObject({
            group: z.string(),
            unread: z.int().min(0),
            readAt: timeSchema.describe("The last sign of its readers."),
          }),
        ),
        after: z.null(),
      }),
      async handle(_, { producer }) {
        const groups = await of(producer).groups();
        const shown = groups.map(({ group, unread, readAt }) => ({ group, unread, readAt: toTime(readAt) }));
        return { status: 200, body: { groups: shown, after: null } };
      },
    }),
    defineRoute({
      id: ids.remove,
      method: "DELETE",
      path: `${path}/:group`,
      scope: "manage",
      narrowing: "whole",
      summary: "Forget a group that nobody reads for any more",
      params: z.strictObject({ group: z.string().min(1).max(100) }),
      replies: { 204: "It is forgotten." },
      errors,
      async handle({ params: { group } }, { producer }) {
        await of(producer).removeGroup(group);
        return { status: 204 };
      },
    }),
  ];
}
