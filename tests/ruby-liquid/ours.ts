// What Postrider makes of the comparison's templates: each is the body of a text request, unescaped, with
// what is missing empty.

import { compileDraft } from "@postrider/compose/compile-draft";
import { parseExact } from "@postrider/shared/exact-json";
import { parseAction } from "@postrider/shared/parse-action";
import type { Printed } from "./printed.ts";
import { type Row, toCustomer } from "./table.ts";

/** The moment that Ruby's script takes for now, too. */
const NOW = Date.UTC(2026, 10, 24, 9);

/** What a row's template prints with each of its values. */
export function composeRow({ template, values }: Row): Printed[] {
  const compiled = compile(template);
  if (typeof compiled === "string") return values.map(() => ({ error: compiled }));
  return values.map((value) => {
    const composed = compiled.compose({ id: "d", dueAt: NOW }, { customer: parseExact(toCustomer(value)) });
    if (composed.kind === "request") return composed.request.body ?? "";
    return { error: composed.kind === "problem" ? (composed.problems[0]?.message ?? "") : composed.kind };
  });
}

function compile(body: string) {
  try {
    return compileDraft(
      parseAction({
        id: "a",
        url: "https://h.example.com/",
        headers: [{ name: "Content-Type", value: "text/plain" }],
        body,
        escaping: "none",
        missing: "empty",
      }),
    );
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}
