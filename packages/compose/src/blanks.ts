// Values that print nothing where a request then means something else: an empty path segment asks for a whole
// collection instead of one of its members, and a parameter without a name is none.

import type { Problem } from "@postrider/shared/errors";
import { createLocator, maskTexts, textOfToken } from "./render/operands.ts";
import type { Blank } from "./render/text.ts";

/**
 * What is wrong where values printed nothing in a URL that can be sent otherwise; null where nothing is. A
 * segment that is left out on purpose, by a condition, has no value in it; nor has a slash that the template
 * itself ends with.
 * @param isSecret whether texts in the template may be credentials.
 */
export function findBlankInUrl(
  url: string,
  blanks: readonly Blank[],
  field: string,
  isSecret: boolean,
): Problem | null {
  const start = /^\s*https?:\/\/[^/\\?#]*/i.exec(url)?.[0].length ?? 0;
  const [path = "", query = ""] = /^([^?#]*)(\?[^#]*)?/.exec(url.slice(start))?.slice(1) ?? [];
  const inPath = findIn(path, EMPTY_SEGMENT, start, blanks);
  if (inPath !== null) return toProblem(field, inPath, SEGMENT, isSecret);
  const inQuery = findIn(query, EMPTY_NAME, start + path.length, blanks);
  return inQuery === null ? null : toProblem(field, inQuery, NAME, isSecret);
}

/** The same in a form that the template writes as text. */
export function findBlankInForm(form: string, blanks: readonly Blank[]): Problem | null {
  const blank = findIn(form, EMPTY_NAME_IN_FORM, 0, blanks);
  return blank === null ? null : toProblem("body", blank, NAME, false);
}

/** Each with the white space that the URL standard drops, or that stands around a form's pairs. */
const EMPTY_SEGMENT = /(?<=[/\\])[\t\n\r ]*(?=[/\\]|$)/g;
const EMPTY_NAME = /(?<=^\?|&)[\t\n\r ]*(?==)/g;
const EMPTY_NAME_IN_FORM = /(?<=^|[&\r\n])[\t ]*(?==)/g;
const SEGMENT =
  "is empty where the URL needs a path segment, so that the request would go to another resource; give it a value, or test for it and leave the segment out with its slash";
const NAME = "is empty where the name of a parameter must stand; give it a value, or test for it";

/**
 * The first value that stands in one of the gaps that a pattern finds in a text; both come in the order of
 * the text, `offset` before it.
 */
function findIn(text: string, gaps: RegExp, offset: number, blanks: readonly Blank[]): Blank | null {
  let next = 0;
  for (const { 0: gap, index } of text.matchAll(gaps)) {
    const from = offset + index;
    while ((blanks[next]?.at ?? Number.POSITIVE_INFINITY) < from) next++;
    const blank = blanks[next];
    if (blank === undefined) return null;
    if (blank.at <= from + gap.length) return blank;
  }
  return null;
}

function toProblem(field: string, { output: { token } }: Blank, what: string, isSecret: boolean): Problem {
  const expression = textOfToken(token);
  return {
    field: token.file ?? field,
    message: `${isSecret ? maskTexts(expression) : expression} ${what}`,
    ...createLocator()(token),
  };
}
