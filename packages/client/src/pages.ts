// Lists that come page by page, as one sequence: each page is asked for when the one before it is used up.

import type { Call, Input, Operation } from "./call.ts";
import type { Operations } from "./generated.ts";

/** Operations that answer pages: a list, and `after` where there is more behind it. */
export type Listing = {
  [O in Operation]: Operations[O]["reply"] extends { readonly after: string | null }
    ? Operations[O]["query"] extends { readonly after?: string | undefined }
      ? O
      : never
    : never;
}[Operation];

type ListIn<R> = { [K in keyof R]: R[K] extends readonly unknown[] ? K : never }[keyof R];
type ItemIn<R> = R[ListIn<R>] extends readonly (infer I)[] ? I : never;

/** What a listing lists. */
export type Item<O extends Listing> = ItemIn<Operations[O]["reply"]>;

export type Each = <O extends Listing>(operation: O, input?: Input<O>) => AsyncGenerator<Item<O>, void>;

export function createEach(call: Call): Each {
  return async function* each<O extends Listing>(
    operation: O,
    input?: Input<O>,
  ): AsyncGenerator<Item<O>, void> {
    const query: Readonly<Record<string, unknown>> = input?.query ?? {};
    let after: unknown = query["after"];
    do {
      const page = await call(operation, { ...input, query: { ...query, after } } as never);
      for (const list of Object.values(page)) if (Array.isArray(list)) yield* list as Item<O>[];
      after = (page as { readonly after: string | null }).after;
    } while (after !== null);
  };
}
