// What stands in a tag that has no use for it, which liquidjs reads over: a condition behind else or break, a
// second name behind capture, branches behind else. Seen in the tags themselves, since parsed nodes no longer
// know it.

import { type Liquid, type Template as Node, Tokenizer } from "liquidjs";
import { show } from "./advice.ts";
import { createLocator } from "./operands.ts";

interface TagToken {
  readonly name: string;
  readonly args: string;
  readonly input: string;
  readonly begin: number;
  readonly tokenizer: Tokenizer;
}

/** An open block, and whether its `else` has come. */
interface Block {
  readonly name: string;
  hasElse: boolean;
}

/** Tags with bodies whose `else` and ends are looked at. */
const BLOCKS = new Set(["if", "unless", "case", "for", "capture"]);
const NAME = /^[^\s.,:;=|'"()[\]]+$/;
const QUOTED = /^(['"])[^'"]+\1$/;

/**
 * Parses a template, and refuses what liquidjs would leave out of its tags.
 * @param file what its places are told to be in, where that is not the template itself.
 * @throws Error, placed as liquidjs places its own.
 */
export function parseWhole(liquid: Liquid, source: string, file?: string): Node[] {
  const tokens = new Tokenizer(source, liquid.options.operators, file).readTopLevelTokens(liquid.options);
  refuseStray(toTags(tokens), liquid, file);
  return liquid.parse(source, file);
}

function toTags(tokens: readonly object[]): TagToken[] {
  return tokens.filter((token) => "args" in token && "name" in token) as TagToken[];
}

function refuseStray(tags: readonly TagToken[], liquid: Liquid, file: string | undefined): void {
  const open: Block[] = [];
  let isComment = false;
  for (const tag of tags) {
    if (isComment) {
      isComment = tag.name !== "endcomment";
      continue;
    }
    isComment = tag.name === "comment";
    if (tag.name === "liquid") {
      refuseStray(toTags(tag.tokenizer.readLiquidTagTokens(liquid.options)), liquid, file);
      continue;
    }
    const complaint = complainOf(tag, open);
    if (complaint === null) continue;
    const { line, column } = createLocator()(tag);
    throw new Error(`${complaint},${file === undefined ? "" : ` file:${file},`} line:${line}, col:${column}`);
  }
}

/** Why a tag is refused, or null; keeps book of the open blocks. */
function complainOf({ name, args }: TagToken, open: Block[]): string | null {
  const rest = args.trim();
  if (BLOCKS.has(name)) open.push({ name, hasElse: false });
  const block = open.at(-1);
  if (block !== undefined && name === `end${block.name}`) {
    open.pop();
    return rest === "" ? null : `${show(rest)} behind ${name} would be left out`;
  }
  if (BRANCHES.has(name) && block !== undefined) {
    const complaint = block.hasElse ? `${name} behind else would be left out; else comes last` : null;
    block.hasElse ||= name === "else";
    if (complaint !== null) return complaint;
  }
  return USES[name]?.(rest) ?? null;
}

const BRANCHES = new Set(["else", "elsif", "when"]);

/** What is wrong with what stands behind a tag's name. */
const USES: Readonly<Record<string, (rest: string) => string | null>> = {
  else(rest) {
    if (rest === "") return null;
    return /^if\b/.test(rest)
      ? `else if is no tag; write {% elsif ${rest.slice(2).trim()} %}`
      : `${show(rest)} behind else would be left out; a branch with a condition is {% elsif … %}`;
  },
  when: (rest) => (rest === "" ? "when has no value, so that it is never met" : null),
  break: withoutCondition("break"),
  continue: withoutCondition("continue"),
  generate_uuid: (rest) => (rest === "" ? null : `generate_uuid takes nothing; ${show(rest)} has no use`),
  capture: (rest) =>
    NAME.test(rest) || QUOTED.test(rest) ? null : `capture takes one name, not ${show(rest)}`,
  increment: withName("increment"),
  decrement: withName("decrement"),
};

function withoutCondition(name: string) {
  return (rest: string): string | null =>
    rest === ""
      ? null
      : `${name} takes no condition, and would not look at ${show(rest)}; put {% if … %}{% ${name} %}{% endif %}`;
}

function withName(name: string) {
  return (rest: string): string | null =>
    NAME.test(rest) ? null : `${name} takes one name, not ${show(rest)}`;
}
