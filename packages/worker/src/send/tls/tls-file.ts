// The file that POSTRIDER_TLS_FILE names: what each destination is spoken to with, by paths beside it or by
// names in the secret store.

import { readFileSync } from "node:fs";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { z } from "zod";

const SECRET = /^\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]{0,63})\s*\}\}$/;

/** The name of the secret that a text stands for; null where it is a path. */
export function secretOf(text: string): string | null {
  return SECRET.exec(text)?.[1] ?? null;
}

/** A file's path, or a secret instead of one. */
const source = z
  .string()
  .min(1)
  .refine((text) => !text.includes("{{") || secretOf(text) !== null, {
    message: "is neither a path nor a secret, such as {{ secrets.NAME }}",
  });

const tlsFileSchema = z.strictObject({
  destinations: z.record(
    z
      .string()
      .refine((text) => URL.canParse(text) && new URL(text).origin === text && text.startsWith("https:"), {
        message: "is no origin, such as https://api.example.com or https://api.example.com:8443",
      }),
    z
      .strictObject({ ca: source.optional(), cert: source.optional(), key: source.optional() })
      .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
        message: "cert and key belong together",
      }),
  ),
});

export type Entry = z.infer<typeof tlsFileSchema>["destinations"][string];

/** What the file says, by origin. @throws PostriderError `settings_invalid`. */
export function readTlsFile(path: string): Readonly<Record<string, Entry>> {
  const parsed = tlsFileSchema.safeParse(parseJson(path));
  if (!parsed.success) throw invalid(parsed.error.issues.map(toProblem), path);
  return parsed.data.destinations;
}

function toProblem(issue: z.core.$ZodIssue): Problem {
  // What is wrong with a key lies one level deeper.
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return { field: issue.path.join("."), message };
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw invalid([{ field: "", message: (error as Error).message }], path);
  }
}

/** The file cannot be used, and why. */
export function invalid(problems: readonly Problem[], path: string): PostriderError {
  const lines = problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  return new PostriderError("settings_invalid", `POSTRIDER_TLS_FILE: ${path}: ${lines.join("; ")}`, {
    problems,
  });
}
