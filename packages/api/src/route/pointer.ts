// JSON pointers (RFC 6901) to the field that a problem is about. Pure.

import { toPointer } from "@postrider/shared/json-pointer";

/** One step of a field's path: a name, `[3]`, or `["a name"]`. */
const STEP = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)|([[\]])/g;

/** The pointer of a problem's field, such as `headers[1].value`. */
export function fieldToPointer(field: string): string {
  const path = [...field.matchAll(STEP)].map(
    ([, index, quoted, name, bracket]) => index ?? name ?? bracket ?? String(JSON.parse(quoted ?? '""')),
  );
  return toPointer(path);
}
