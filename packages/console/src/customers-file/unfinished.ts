// How far a file was sent, kept for this tab: after the page was loaded anew its reader chooses the same file
// again, and it goes on behind the line that was taken in last.

import type { FileOrder } from "./file-order.ts";

const STORED = "postrider.unfinished-file";

export interface Unfinished extends Omit<FileOrder, "file"> {
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
  /** All up to this line is taken in. */
  readonly line: number;
}

export function remember({ file, ...order }: FileOrder, line: number): void {
  const { name, size, lastModified } = file;
  const kept: Unfinished = { ...order, name, size, lastModified, line };
  sessionStorage.setItem(STORED, JSON.stringify(kept));
}

export function forget(): void {
  sessionStorage.removeItem(STORED);
}

export function findUnfinished(): Unfinished | null {
  const text = sessionStorage.getItem(STORED);
  return text === null ? null : (JSON.parse(text) as Unfinished);
}

/** Whether a file is the one that was being sent. */
export function isSame(file: File, { name, size, lastModified }: Unfinished): boolean {
  return file.name === name && file.size === size && file.lastModified === lastModified;
}
