// A table of one page of a list. On a narrow screen each row becomes a card, its cells named.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { address, toHref } from "../platform/address.ts";

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly isNumber?: boolean;
}

interface ListingProps<T> {
  readonly name: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
}

export function Listing<T>({ name, rows, columns, keyOf }: ListingProps<T>) {
  return (
    <Sideways name={name}>
      <table class="listing">
        <caption class="unseen">{name}</caption>
        <thead>
          <tr>
            {columns.map(({ head, isNumber }) => (
              <th key={head} scope="col" class={isNumber ? "number" : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ head, cell, isNumber }) => (
                <td key={head} data-head={head} class={isNumber ? "number" : undefined}>
                  <div class="cell">{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}

/** Where the table is wider than its place, keyboards can scroll it. */
function Sideways({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  const place = useRef<HTMLElement>(null);
  const [isCut, setCut] = useState(false);
  const look = (): void => {
    const { current } = place;
    if (current !== null) setCut(current.scrollWidth > current.clientWidth);
  };
  // What is rendered is looked at before it is drawn: else a key that is pressed at once would find no place.
  useLayoutEffect(look);
  useLayoutEffect(() => {
    const { current } = place;
    if (current === null) return undefined;
    const observer = new ResizeObserver(look);
    for (const one of [current, ...current.children]) observer.observe(one);
    return () => observer.disconnect();
  }, []);
  return (
    <section ref={place} class="sideways" {...(isCut && { tabIndex: 0, "aria-label": name })}>
      {children}
    </section>
  );
}

/** The way through a list by its cursors; each step is one that the back button undoes. */
export function Pager({ after }: { readonly after: string | null }) {
  const { path, query } = address.value;
  const isFirst = query["after"] === undefined;
  if (isFirst && after === null) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {!isFirst && <a href={toHref(path, { ...query, after: undefined })}>First page</a>}
      {after === null ? (
        <span class="faint">This is the last page</span>
      ) : (
        <a class="button" href={toHref(path, { ...query, after })}>
          Next page
        </a>
      )}
    </nav>
  );
}
