// Settings: the command line over HTTP: where the API is, and the token for it.

import { z } from "zod";
import { isTokenText, readApiUrl, TOKEN_RULE } from "../api-url.ts";

function apiUrl(text: string, context: z.RefinementCtx): string {
  if (text === "") return "";
  const read = readApiUrl(text);
  if ("url" in read) return read.url;
  context.addIssue(read.problem);
  return z.NEVER;
}

export const clientSettings = {
  url: z
    .string()
    .transform(apiUrl)
    .prefault("")
    .describe(
      "Where an HTTP API of Postrider is, such as `https://postrider.example.com`. With it the command line works through that API, and needs neither Redis nor keys.",
    ),
  token: z
    .string()
    .refine((text) => text === "" || isTokenText(text), TOKEN_RULE)
    .default("")
    .describe("The token for that API, as `postrider tokens create` prints it. Never shown."),
};
