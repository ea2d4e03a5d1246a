// What actions use and the store keeps: snippets, and secrets, which nobody reads back. Both are shared by
// all actions, so that a narrowed token reaches none.

import { PostriderError } from "@postrider/shared/errors";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";

const params = z.strictObject({ name: z.string().min(1).max(100) });

const snippetSchema = z.strictObject({ name: z.string(), text: z.string() });

function unknownSnippet(name: string): PostriderError {
  return new PostriderError("snippet_unknown", `no snippet is called ${name}`);
}

const snippetRoutes: readonly Route[] = [
  defineRoute({
    id: "listSnippets",
    method: "GET",
    path: "/v1/snippets",
    scope: "read",
    narrowing: "whole",
    summary: "All snippets, by name",
    replies: { 200: "All of them; `after` is null." },
    reply: z.strictObject({ snippets: z.array(snippetSchema), after: z.null() }),
    async handle(_, { producer }) {
      return { status: 200, body: { snippets: await producer.snippets.list(), after: null } };
    },
  }),
  defineRoute({
    id: "getSnippet",
    method: "GET",
    path: "/v1/snippets/:name",
    scope: "read",
    narrowing: "whole",
    summary: "One snippet",
    params,
    replies: { 200: "The snippet." },
    reply: snippetSchema,
    errors: ["snippet_unknown"],
    async handle({ params: { name } }, { producer }) {
      const text = await producer.snippets.get(name);
      if (text === null) throw unknownSnippet(name);
      return { status: 200, body: { name, text } };
    },
  }),
  defineRoute({
    id: "saveSnippet",
    method: "PUT",
    path: "/v1/snippets/:name",
    scope: "manage",
    narrowing: "whole",
    summary: "Save a snippet; an action takes it with its next version",
    params,
    body: z.strictObject({ text: z.string() }),
    replies: { 200: "It is saved." },
    reply: snippetSchema,
    errors: ["action_invalid"],
    async handle({ params: { name }, body: { text } }, { producer }) {
      await producer.snippets.set(name, text);
      return { status: 200, body: { name, text } };
    },
  }),
  defineRoute({
    id: "removeSnippet",
    method: "DELETE",
    path: "/v1/snippets/:name",
    scope: "manage",
    narrowing: "whole",
    summary: "Remove a snippet; saved actions keep theirs",
    params,
    replies: { 204: "It is gone." },
    errors: ["snippet_unknown"],
    async handle({ params: { name } }, { producer }) {
      if (!(await producer.snippets.remove(name))) throw unknownSnippet(name);
      return { status: 204 };
    },
  }),
];

const secretRoutes: readonly Route[] = [
  defineRoute({
    id: "listSecrets",
    method: "GET",
    path: "/v1/secrets",
    scope: "read",
    narrowing: "whole",
    summary: "The secrets' names, when they were set, and the key that seals them; never values",
    replies: { 200: "All of them; `after` is null." },
    reply: z.strictObject({
      secrets: z.array(z.strictObject({ name: z.string(), setAt: timeSchema, keyId: z.string() })),
      after: z.null(),
    }),
    async handle(_, { producer }) {
      const listed = await producer.secrets.list();
      const secrets = listed.map(({ setAt, ...rest }) => ({ ...rest, setAt: toTime(setAt) }));
      return { status: 200, body: { secrets, after: null } };
    },
  }),
  defineRoute({
    id: "saveSecret",
    method: "PUT",
    path: "/v1/secrets/:name",
    scope: "manage",
    narrowing: "whole",
    summary: "Save a secret's value, which nobody reads back; workers use it within seconds",
    params,
    body: z.strictObject({ value: z.string() }),
    replies: { 204: "It is saved." },
    errors: ["secret_invalid", "key_missing"],
    async handle({ params: { name }, body: { value } }, { producer }) {
      await producer.secrets.set(name, value);
      return { status: 204 };
    },
  }),
  defineRoute({
    id: "removeSecret",
    method: "DELETE",
    path: "/v1/secrets/:name",
    scope: "manage",
    narrowing: "whole",
    summary: "Remove a secret; deliveries of actions that use it wait until it is set again",
    params,
    replies: { 204: "It is gone." },
    errors: ["secret_unknown"],
    async handle({ params: { name } }, { producer }) {
      await producer.secrets.remove(name);
      return { status: 204 };
    },
  }),
];

export const storeRoutes: readonly Route[] = [...snippetRoutes, ...secretRoutes];
