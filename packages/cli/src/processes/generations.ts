// How much room V8 gives to the two generations of its heap. A delivery leaves much short-lived garbage: with
// a larger young generation it is collected less often, and less of it has to be copied first. What has grown
// old all the same, such as connections to many destinations, is garbage sooner or later, and V8 would let
// several times what is alive pile up before it looks.

import { setFlagsFromString } from "node:v8";

/** MB of each of the young generation's halves. package.json, the image and the bench say the same. */
export const SEMI_SPACE_MB = 64;
/** What the old generation may grow by before it is collected, in percent of what was alive then. */
const GROWING_PERCENT = 100;

const YOUNG_FLAG = "--max-semi-space-size";
const OLD_FLAG = "--heap-growing-percent";

/**
 * The flags of a worker process: of its young generation it can be told only as it starts.
 * @param flags of this process. @param options NODE_OPTIONS; whoever has given the size in either knows why.
 */
export function withYoungGeneration(flags: readonly string[], options = ""): readonly string[] {
  return names([...flags, ...options.split(" ")], YOUNG_FLAG)
    ? flags
    : [...flags, `${YOUNG_FLAG}=${SEMI_SPACE_MB}`];
}

/** Bounds this process' old generation, for as long as it lives. @param flags of this process. */
export function boundOldGeneration(flags: readonly string[]): void {
  if (!names(flags, OLD_FLAG)) setFlagsFromString(`${OLD_FLAG}=${GROWING_PERCENT}`);
}

function names(flags: readonly string[], name: string): boolean {
  return flags.some((flag) => flag.replaceAll("_", "-").startsWith(name));
}
