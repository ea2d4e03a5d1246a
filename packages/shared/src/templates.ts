// The Liquid templates of an action: which fields are some, and how large they may be.

import { z } from "zod";

/**
 * Characters of all templates of an action together. A worker compiles them before it goes on, which takes
 * seconds for the densest of this size.
 */
export const TEMPLATES_CHARS_MAX = 524_288;
/** Enough for any real template; bounds what a worker compiles and keeps (256 KiB of text). */
export const TEMPLATE_CHARS_MAX = 262_144;

export const template = z.string().max(TEMPLATE_CHARS_MAX, `is longer than ${TEMPLATE_CHARS_MAX} characters`);

interface Templates {
  readonly url: string;
  readonly headers: readonly { readonly value: string }[];
  readonly body?: string | undefined;
  readonly form?: readonly { readonly value: string }[] | undefined;
  readonly snippets?: Readonly<Record<string, string>> | undefined;
}

/** An action's templates, snippets included. */
export function templatesOf({ url, headers, body = "", form = [], snippets = {} }: Templates): string[] {
  return [url, body, ...[...headers, ...form].map(({ value }) => value), ...Object.values(snippets)];
}

/** The characters of all of them together. */
export function countTemplateChars(action: Templates): number {
  return templatesOf(action).reduce((total, { length }) => total + length, 0);
}
