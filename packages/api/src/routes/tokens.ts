// Tokens: made, listed and revoked. The text of one is answered once, when it is made.

import type { TokenListed } from "@postrider/producer/tokens/tokens";
import { grantSchema } from "@postrider/shared/api-token";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";

const listedSchema = grantSchema.extend({
  id: z.string().describe("Stands in the token, too, and may be shown."),
  createdAt: timeSchema,
});

function toListed({ createdAt, ...rest }: TokenListed): z.input<typeof listedSchema> {
  return { ...rest, createdAt: toTime(createdAt) };
}

export const tokenRoutes: readonly Route[] = [
  defineRoute({
    id: "listTokens",
    method: "GET",
    path: "/v1/tokens",
    scope: "admin",
    narrowing: "whole",
    summary: "The store's tokens, never their texts; those of POSTRIDER_API_TOKENS are not among them",
    replies: { 200: "All of them; `after` is null." },
    reply: z.strictObject({ tokens: z.array(listedSchema), after: z.null() }),
    async handle(_, { producer }) {
      return { status: 200, body: { tokens: (await producer.tokens.list()).map(toListed), after: null } };
    },
  }),
  defineRoute({
    id: "createToken",
    method: "POST",
    path: "/v1/tokens",
    scope: "admin",
    narrowing: "whole",
    summary: "Make a token",
    body: grantSchema,
    replies: { 201: "The token, shown this once." },
    reply: listedSchema.extend({ token: z.string() }),
    errors: ["token_invalid"],
    repeats: "withheld",
    async handle({ body }, { producer }) {
      const { token, ...listed } = await producer.tokens.create(body);
      return { status: 201, body: { ...toListed(listed), token } };
    },
  }),
  defineRoute({
    id: "revokeToken",
    method: "DELETE",
    path: "/v1/tokens/:id",
    scope: "admin",
    narrowing: "whole",
    summary: "Revoke a token: within a second it is refused everywhere",
    params: z.strictObject({ id: z.string().min(1).max(100) }),
    replies: { 204: "It is gone." },
    errors: ["token_unknown"],
    async handle({ params: { id } }, { producer }) {
      await producer.tokens.revoke(id);
      return { status: 204 };
    },
  }),
];
