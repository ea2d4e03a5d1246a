// Who calls, for programs that show no more than a token may do.

import { SCOPES } from "@postrider/shared/api-token";
import { VERSION } from "@postrider/shared/version";
import { z } from "zod";
import { holds } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";

export const callerRoute: Route = defineRoute({
  id: "getCaller",
  method: "GET",
  path: "/v1/caller",
  scope: "read",
  narrowing: "nothing",
  summary: "Whose token it is, and what that may do",
  replies: { 200: "What the token grants; without tokens, everything." },
  reply: z.strictObject({
    name: z.string().describe("What people call the token; `anybody` where none is needed."),
    scopes: z.array(z.enum(SCOPES)).describe("All that it may, also what a larger scope holds."),
    actions: z.array(z.string()).nullable().describe("The only actions that it reaches; null: all."),
    lanes: z.array(z.string()).nullable().describe("The only shared lanes that it reaches; null: all."),
    version: z.string().describe("Of the API."),
  }),
  handle({ caller }) {
    const { name, actions, lanes } = caller;
    const body = {
      name,
      scopes: SCOPES.filter((scope) => holds(caller, scope)),
      actions: actions === null ? null : [...actions],
      lanes: lanes === null ? null : [...lanes],
      version: VERSION,
    };
    return { status: 200, body };
  },
});
