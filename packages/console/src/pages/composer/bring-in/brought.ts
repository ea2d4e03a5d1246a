// What was brought in from elsewhere: a document to go on from, and what its writer should look at. And what
// all ways of bringing in have in common. Pure.

import { isCredentialName, MASK } from "@postrider/shared/credential-names";
import { findForbiddenHeader } from "@postrider/shared/forbidden-headers";
import type { ActionFields, Pair } from "../action-document.ts";

export interface Brought {
  readonly document: ActionFields;
  /** Sentences on what was changed, or could not be taken over. */
  readonly notes: readonly string[];
}

const JSON_TYPE = /^\s*application\/json\s*(?:;\s*charset=utf-?8\s*)?$/i;
const FORM_TYPE = /^\s*application\/x-www-form-urlencoded\s*(?:;.*)?$/i;

/** @param headers as they were given. @param body null: there is none. */
export function toRequest(
  given: { readonly method: string; readonly url: string; readonly body: string | null },
  headers: readonly Pair[],
): Brought {
  const notes: string[] = [];
  const type = headers.find(({ name }) => /^content-type$/i.test(name))?.value;
  const pairs = type !== undefined && FORM_TYPE.test(type) && given.body !== null ? toForm(given.body) : null;
  const kept = headers.filter(({ name, value }) => {
    if (/^content-type$/i.test(name))
      return pairs === null && !(given.body !== null && JSON_TYPE.test(value));
    const forbidden = findForbiddenHeader(name);
    if (forbidden !== null) notes.push(`The header ${name} is left out: it ${forbidden}.`);
    return forbidden === null;
  });
  for (const { name, value } of kept)
    if (isCredentialName(name) && value !== MASK && !/\bsecrets\./.test(value))
      notes.push(
        `The header ${name} holds a credential. Better keep it as a stored secret, and write {{ secrets.NAME }} instead.`,
      );
  return {
    document: {
      method: given.method,
      url: given.url,
      ...(kept.length > 0 && { headers: kept }),
      ...(pairs !== null && { form: pairs }),
      ...(pairs === null && given.body !== null && { body: given.body }),
    },
    notes,
  };
}

/** Pairs as a form has them; null where it is no such text, or holds Liquid that parts it otherwise. */
function toForm(body: string): readonly Pair[] | null {
  if (/\{[{%]/.test(body) && /\{[{%][^}]*[&=][^}]*[%}]\}/.test(body)) return null;
  const pairs = body.split("&").map((pair) => {
    const [name = "", ...rest] = pair.split("=");
    return { name: decode(name), value: decode(rest.join("=")) };
  });
  return pairs.every(({ name }) => name !== "") ? pairs : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
