// What strangers wrote: names, bodies, reply texts. Always text, never markup, and kept from turning its
// surroundings around.

import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import { isJsonLike, makeVisible } from "../words/visible.ts";

type Given = string | number | bigint | null | undefined;

/** One line of it. `isName`: in the letters of code. */
export function Data({ of, isName = false }: { readonly of: Given; readonly isName?: boolean }) {
  if (of === null || of === undefined || of === "") return <span class="faint">none</span>;
  return <bdi class={isName ? "data code" : "data"}>{makeVisible(String(of))}</bdi>;
}

/** Beyond this a body is cut, so that no reply makes the page slow. */
const SHOWN_CHARS = 20_000;

interface BlockProps {
  readonly text: string;
  readonly label: string;
  /** Not even indented. */
  readonly isAsItIs?: boolean;
}

/** A whole text, such as a body. JSON is indented, its integers exact. */
export function Block({ text, label, isAsItIs = false }: BlockProps) {
  const whole = isAsItIs ? text : indent(text);
  const shown = whole.slice(0, SHOWN_CHARS);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboards scroll what has the focus. */}
      <section class="block" tabIndex={0} aria-label={label}>
        <pre dir="ltr">{makeVisible(shown)}</pre>
      </section>
      {shown.length < whole.length && (
        <p class="faint">
          {whole.length - shown.length} more characters are not shown; the command line has them all.
        </p>
      )}
    </>
  );
}

/** Any value as JSON. */
export function JsonBlock({ value, label }: { readonly value: unknown; readonly label: string }) {
  return <Block text={stringifyExact(value, 2)} label={label} />;
}

function indent(text: string): string {
  if (!isJsonLike(text) || text.length > SHOWN_CHARS) return text;
  try {
    return stringifyExact(parseExact(text), 2);
  } catch {
    return text;
  }
}
