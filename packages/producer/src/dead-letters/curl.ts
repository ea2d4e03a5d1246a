// A request as a command line that a person can paste into a shell. Pure. What the customer's data say stays
// an argument, whatever it is.

import type { ShownRequest } from "@postrider/compose/request";

/** The `curl` line that would send a request again; credentials stay masked. */
export function toCurl({ method, url, headers, body }: ShownRequest): string {
  return [
    // A URL may have brackets, which curl would expand.
    `curl --globoff --request ${method}`,
    ...headers.map(({ name, value }) => `--header ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`),
    // Raw: otherwise curl would take a body that begins with @ for the name of a file.
    ...(body === null ? [] : [`--data-raw ${quote(body)}`]),
    `--url ${quote(url)}`,
  ].join(" ");
}

/** Control characters would act on the terminal that shows the line, or be lost on the way into the shell. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
const ESCAPED = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\\']/g;

/** One shell word: in single quotes, or in bash's and zsh's $'…' where something has to be escaped. */
function quote(text: string): string {
  if (!CONTROL.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `$'${text.replace(ESCAPED, escapeOne)}'`;
}

function escapeOne(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\\" || character === "'") return `\\${character}`;
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}
