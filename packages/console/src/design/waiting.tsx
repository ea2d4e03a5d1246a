// What stands where an answer is to be: a quiet place while it is on its way, the problem where there is one,
// or what was asked for.

import type { ComponentChildren } from "preact";
import type { Asked } from "../session/use-ask.ts";
import { Problem } from "./problem.tsx";

interface Props<T> {
  readonly asked: Asked<T>;
  readonly children: (data: T) => ComponentChildren;
}

export function Waiting<T>({ asked: { data, error }, children }: Props<T>) {
  // While the API is away the page says so once, at its top, and what was known last stays.
  const isTold = error !== null && error.code !== "api_unreachable";
  if (data === null)
    return error !== null && isTold ? (
      <Problem error={error} />
    ) : (
      <p class="loading" role="status">
        Looking …
      </p>
    );
  return (
    <>
      {isTold && <Problem error={error} />}
      {children(data)}
    </>
  );
}
