// The command line that goes on with what was stopped, ready to be pasted.

import { maskUrl } from "@postrider/shared/redis-url";

/** What differs from the line that was typed: options with their values; null takes one out. */
export type Changes = Readonly<Record<string, string | null>>;

/**
 * The line that was typed, changed.
 * @param words what stood behind `postrider`. A password in Redis' address is masked.
 */
export function toResumeLine(words: readonly string[], changes: Changes = {}): string {
  const kept: string[] = [];
  let isValue = false;
  for (const word of words) {
    const flag = word.split("=", 1)[0] ?? "";
    const isChanged = Object.hasOwn(changes, flag);
    const isDropped = isValue && !word.startsWith("--");
    // A flag without a value has none to take out.
    isValue = isChanged && !word.includes("=") && !SWITCHES.has(flag);
    if (!isChanged && !isDropped) kept.push(word);
  }
  const added = Object.entries(changes).flatMap(([flag, value]) => (value === null ? [] : [flag, value]));
  return ["postrider", ...withoutPasswords(kept), ...added].map(toShellWord).join(" ");
}

/** Options that take no value, among those that change. */
const SWITCHES: ReadonlySet<string> = new Set(["--all"]);

/** The same address of Redis, for a line that is another command. */
export function redisWords(words: readonly string[]): string[] {
  const at = words.findIndex((word) => word === "--redis" || word.startsWith("--redis="));
  if (at < 0) return [];
  return words[at] === "--redis" ? words.slice(at, at + 2) : words.slice(at, at + 1);
}

function withoutPasswords(words: readonly string[]): string[] {
  return words.map((word) => word.replace(/rediss?(?:\+\w+)?:\/\/.*$/s, (url) => maskUrl(url)));
}

function toShellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
