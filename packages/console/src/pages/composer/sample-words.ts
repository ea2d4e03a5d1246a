// The attributes that samples have, for completion: what stands below a path, with an example of each. Pure.

import { stringifyExact } from "@postrider/shared/exact-json";

export interface Attribute {
  readonly name: string;
  readonly like: string;
}

const LIKE_CHARS_MAX = 30;
/** Names that can stand behind a dot. */
const NAME = /^[A-Za-z_][\w-]*$/;

/**
 * @param roots by the names that templates see, several of each where there are several customers.
 * @param path such as `["customer", "address"]`.
 */
export function attributesBelow(
  roots: Readonly<Record<string, readonly unknown[]>>,
  path: readonly string[],
): readonly Attribute[] {
  const [root = "", ...steps] = path;
  let values = roots[root] ?? [];
  for (const step of steps) values = values.flatMap((value) => stepsInto(value, step));
  const found = new Map<string, string>();
  for (const value of values)
    for (const [name, member] of Object.entries(toMembers(value)))
      if (NAME.test(name) && !found.has(name)) found.set(name, toLike(member));
  return [...found].map(([name, like]) => ({ name, like }));
}

function toMembers(value: unknown): object {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function stepsInto(value: unknown, step: string): readonly unknown[] {
  if (Array.isArray(value)) {
    if (step === "[]" || /^\d+$/.test(step)) return value;
    return step === "first" || step === "last" ? value.slice(0, 1) : [];
  }
  const members = toMembers(value);
  return Object.hasOwn(members, step) ? [(members as Record<string, unknown>)[step]] : [];
}

function toLike(value: unknown): string {
  const text = typeof value === "string" ? value : (stringifyExact(value) ?? "");
  return text.length > LIKE_CHARS_MAX ? `${text.slice(0, LIKE_CHARS_MAX)}…` : text;
}
