// What the keys of one test file begin with. All files share one Redis, and none sees anything of another.

import { randomBytes } from "node:crypto";

const PREFIX = "test";

/** POSTRIDER_KEY_PREFIX of everything that this test file starts. Its middle part is the time. */
export let keyPrefix = createPrefix();

/** What this test file's keys are derived into anew for each one. */
const followers: ((prefix: string) => void)[] = [];

/** Calls it with this file's prefix now, and with the next one's before each later file of this process. */
export function followPrefix(follow: (prefix: string) => void): void {
  followers.push(follow);
  follow(keyPrefix);
}

/** Before a test file: one process runs many of them, one after the other, with one copy of the modules. */
export function renewPrefix(): void {
  keyPrefix = createPrefix();
  usedUrl = null;
  for (const follow of followers) follow(keyPrefix);
}

function createPrefix(): string {
  return `${PREFIX}-${Date.now().toString(36)}-${randomBytes(4).toString("hex")}`;
}

/** Glob of the keys of this test file: those of the store and those of its shards. */
export function ownKeys(): string {
  return `{${keyPrefix}*`;
}

/** Glob of the keys of all test files. */
export const TEST_KEYS = `{${PREFIX}-*`;

/** No run of the tests takes longer. */
const RUN_MS_MAX = 24 * 3_600_000;

/** Whether a key was left by a run of the tests that has ended long ago. @param now Unix ms. */
export function isLeftOver(key: string, now: number): boolean {
  const began = new RegExp(`^\\{${PREFIX}-([0-9a-z]{8})-[0-9a-f]{8}[:}]`).exec(key)?.[1];
  return began !== undefined && Number.parseInt(began, 36) < now - RUN_MS_MAX;
}

let usedUrl: string | null = null;

/** Notes that this file's keys lie in that Redis. @returns whether it was noted before. */
export function noteUse(url: string): boolean {
  const isFirst = usedUrl === null;
  usedUrl = url;
  return !isFirst;
}

/** The Redis in which this file's keys lie; null: the file uses none. */
export function findUsed(): string | null {
  return usedUrl;
}
