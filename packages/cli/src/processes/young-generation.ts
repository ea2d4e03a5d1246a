// How much room V8 gives to what has just been made. A delivery leaves much short-lived garbage: with more
// room it is collected less often, and less of it has to be copied first.

/** MB of each of its two halves. package.json, the image and the bench say the same. */
export const SEMI_SPACE_MB = 64;

const FLAG = "--max-semi-space-size";

/**
 * The flags of a worker process: it can be told only as it starts.
 * @param flags of this process. @param options NODE_OPTIONS; whoever has given the size in either knows why.
 */
export function withYoungGeneration(flags: readonly string[], options = ""): readonly string[] {
  const isGiven = [...flags, ...options.split(" ")].some((flag) =>
    flag.replaceAll("_", "-").startsWith(FLAG),
  );
  return isGiven ? flags : [...flags, `${FLAG}=${SEMI_SPACE_MB}`];
}
