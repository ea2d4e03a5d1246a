// The file that is being tried or sent: one at a time, whatever page its reader looks at meanwhile. It waits
// while the API is away and goes on by itself, and after a fault where its reader says so.

import { ApiError } from "@postrider/client/api-error";
import { effect, signal } from "@preact/signals";
import { session } from "../session/session.ts";
import { cutPieces, type Piece } from "./cut-pieces.ts";
import { type Doing, type FileOrder, toPieceQuery } from "./file-order.ts";
import type { Format } from "./find-records.ts";
import { createGate } from "./gate.ts";
import { FileProblem, openFile } from "./open-file.ts";
import { createRejectedFile, nameRejected, type RejectedAt, type RejectedFile } from "./rejected-file.ts";
import { type Kind, type PieceAnswer, type Sample, sendPiece } from "./send-piece.ts";
import { forget, remember } from "./unfinished.ts";

export type WorkState = "under way" | "full" | "waiting" | "paused" | "failed" | "done";

export const COUNTED = [
  "enqueued",
  "duplicates",
  "recovered",
  "composed",
  "cancelled",
  "failed",
  "rejected",
] as const;

export interface FileWork {
  readonly doing: Doing;
  readonly order: FileOrder;
  readonly state: WorkState;
  readonly bytesRead: number;
  /** All up to this line is dealt with. */
  readonly line: number;
  readonly counts: Readonly<Record<(typeof COUNTED)[number], number>>;
  readonly kinds: readonly Kind[];
  readonly samples: readonly Sample[];
  readonly rejectedShown: readonly RejectedAt[];
  /** Why it waits or has failed. */
  readonly error: ApiError | FileProblem | null;
}

export const work = signal<FileWork | null>(null);

const NOTHING = Object.fromEntries(COUNTED.map((name) => [name, 0])) as FileWork["counts"];
const FIRST_PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 15_000;
const KINDS_MAX = 100;
/** With another token, after something else has ended, a moment later: the same may then be taken. */
const MAY_PASS: ReadonlySet<number> = new Set([401, 409, 429]);

interface Current {
  readonly ending: AbortController;
  readonly gate: ReturnType<typeof createGate>;
  rejected: RejectedFile | null;
}

let current: Current | null = null;

/** Begins with a file; what is under way is given up. @param after the line behind which to go on. */
export function begin(doing: Doing, order: FileOrder, after = 0): void {
  stop();
  const mine: Current = { ending: new AbortController(), gate: createGate(), rejected: null };
  current = mine;
  work.value = {
    ...{ doing, order, state: "under way", bytesRead: 0, line: after, counts: NOTHING, kinds: [] },
    ...{ samples: [], rejectedShown: [], error: null },
  };
  void carryOut(doing, order, after, mine).catch((error: unknown) => {
    if (mine.ending.signal.aborted) return;
    if (!(error instanceof FileProblem)) throw error;
    change({ state: "failed", error });
  });
}

export function pause(): void {
  current?.gate.close();
  change({ state: "paused", error: null });
}

/** After a pause or a fault, and at once where it waits. */
export function goOn(): void {
  change({ state: "under way", error: null });
  current?.gate.open();
}

/** Whether what is asked has to change before it can go on. */
export function isRefusedForGood({ state, error }: FileWork): boolean {
  if (state !== "failed") return false;
  if (!(error instanceof ApiError)) return true;
  const { status } = error;
  return status !== null && status >= 400 && status < 500 && !MAY_PASS.has(status);
}

/** Gives it up: what was enqueued stays, and the run stays open. */
export function stop(): void {
  current?.ending.abort(new DOMException("stopped", "AbortError"));
  current = null;
  work.value = null;
  forget();
}

/** The rejected lines, named after the file; null: there are none. */
export function takeRejected({ order }: FileWork): File | null {
  const rejected = current?.rejected ?? null;
  if (rejected === null || rejected.count() === 0) return null;
  const blob = rejected.toBlob();
  return new File([blob], nameRejected(order.file.name, rejected.format), { type: blob.type });
}

// Whoever signs in next at this tab has nothing to do with it.
effect(() => {
  const told = session.value;
  if (told.state === "out" && told.why === null && work.peek() !== null) stop();
});

addEventListener("beforeunload", (event) => {
  const { doing, state } = work.value ?? {};
  if (doing === "send" && state !== "done") event.preventDefault();
});

function change(changes: Partial<FileWork>): void {
  if (work.value !== null) work.value = { ...work.value, ...changes };
}

async function carryOut(doing: Doing, order: FileOrder, after: number, mine: Current): Promise<void> {
  const { format, chunks, bytesRead } = await openFile(order.file, order.format);
  mine.rejected = createRejectedFile(format);
  if (doing === "send") remember(order, after);
  for await (const piece of cutPieces(chunks, format)) {
    mine.ending.signal.throwIfAborted();
    if (piece.upTo <= after && !piece.isLast) continue;
    const answer = await sendUntilTaken(piece, { doing, order, format, mine });
    mine.ending.signal.throwIfAborted();
    mine.rejected.add(piece, answer.rejectedLines ?? []);
    note(piece, answer, mine, bytesRead());
    if (doing === "send") remember(order, piece.upTo);
  }
  change({ state: "done", error: null });
  if (doing === "send") forget();
}

interface Sending {
  readonly doing: Doing;
  readonly order: FileOrder;
  readonly format: Format;
  readonly mine: Current;
}

/** @throws where it is given up. */
async function sendUntilTaken(piece: Piece, { doing, order, format, mine }: Sending): Promise<PieceAnswer> {
  const { signal: ending } = mine.ending;
  for (let failures = 0; ; ) {
    if (!mine.gate.isOpen()) change({ state: "paused", error: null });
    await mine.gate.passed(ending);
    try {
      return await sendPiece(piece, {
        operation: doing === "send" ? "sendCustomers" : "tryCustomers",
        action: order.action,
        query: toPieceQuery(doing, order, piece),
        format,
        signal: ending,
        onFull: (isFull) => change({ state: isFull ? "full" : flowing(mine), error: null }),
      });
    } catch (error) {
      ending.throwIfAborted();
      failures += 1;
      await getOver(error, failures, mine);
    }
  }
}

/** A piece that is on its way while its reader pauses is taken in all the same. */
function flowing({ gate }: Current): WorkState {
  return gate.isOpen() ? "under way" : "paused";
}

/** @throws what is no answer of the API. */
function getOver(error: unknown, failures: number, mine: Current): Promise<void> {
  if (!(error instanceof ApiError)) throw error;
  return error.isTemporary ? wait(error, failures, mine) : untilGoneOn(error, mine);
}

async function wait(error: ApiError, failures: number, { gate, ending }: Current): Promise<void> {
  change({ state: "waiting", error });
  const ms = Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** (failures - 1));
  await gate.openedWithin(Math.max(ms, error.retryAfterMs ?? 0), ending.signal);
}

async function untilGoneOn(error: ApiError, { gate, ending }: Current): Promise<void> {
  change({ state: "failed", error });
  gate.close();
  await gate.passed(ending.signal);
}

function note(piece: Piece, answer: PieceAnswer, mine: Current, bytesRead: number): void {
  const { value } = work;
  if (value === null) return;
  const counts = Object.fromEntries(
    COUNTED.map((name) => [name, value.counts[name] + Number(answer[name] ?? 0)]),
  ) as FileWork["counts"];
  const offset = piece.before - piece.headLines;
  work.value = {
    ...value,
    state: flowing(mine),
    error: null,
    line: piece.upTo,
    bytesRead,
    counts,
    kinds: addKinds(value.kinds, answer.failures ?? [], offset),
    samples: value.samples.length > 0 ? value.samples : (answer.samples ?? []),
    rejectedShown: [...(mine.rejected?.shown() ?? [])],
  };
}

function addKinds(before: readonly Kind[], more: readonly Kind[], offset: number): readonly Kind[] {
  const kinds = new Map(before.map((kind) => [kind.message, kind]));
  for (const kind of more) {
    const known = kinds.get(kind.message);
    if (known !== undefined) kinds.set(kind.message, { ...known, count: known.count + kind.count });
    else if (kinds.size < KINDS_MAX) kinds.set(kind.message, { ...kind, line: kind.line + offset });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}
