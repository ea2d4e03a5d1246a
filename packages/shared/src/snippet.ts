// Snippets: pieces of template by name, which the store keeps for all actions and each action's version
// carries with it.

import { z } from "zod";
import { PostriderError } from "./errors.ts";

/** Four times what campaign tools allow. */
export const SNIPPET_CHARS_MAX = 65_536;
/** In one store. Deliveries never read it, so this bounds a listing, no more. */
export const SNIPPETS_MAX = 1_000;

const name = z
  .string()
  .min(1, "is empty")
  .max(100, "is longer than 100 characters")
  // An object takes this one for something else.
  .refine((text) => text !== "__proto__" && !/\p{Cc}/u.test(text), "is no name of a snippet");
const text = z.string().max(SNIPPET_CHARS_MAX, `is longer than ${SNIPPET_CHARS_MAX} characters`);

export const snippetsSchema = z.record(name, text);

/** Checks a snippet's name and text. @throws PostriderError `action_invalid`. */
export function parseSnippet(snippet: { readonly name: string; readonly text: string }): void {
  const parsed = z.strictObject({ name, text }).safeParse(snippet);
  const [issue] = parsed.error?.issues ?? [];
  if (issue === undefined) return;
  const field = `snippets[${JSON.stringify(snippet.name.slice(0, 100))}]`;
  const message = issue.path[0] === "name" ? `the name ${issue.message}` : issue.message;
  throw new PostriderError("action_invalid", `${field}: ${message}`, { problems: [{ field, message }] });
}
