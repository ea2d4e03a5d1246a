// One piece of a customers file on its way to the API, and what came of it.

import { readAnswerLines } from "@postrider/client/answer-lines";
import { ApiError, isProblemDetails, toApiError } from "@postrider/client/api-error";
import { toPath } from "@postrider/client/call";
import { OPERATIONS } from "@postrider/client/generated";
import { parseExact } from "@postrider/shared/exact-json";
import { openApi } from "../session/session.ts";
import type { Piece } from "./cut-pieces.ts";
import type { Format } from "./find-records.ts";
import type { RejectedAt } from "./rejected-file.ts";

export interface Kind {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly customerId: string | number | bigint;
  /** As the API numbers the lines of a body. */
  readonly line: number;
}

export interface Sample {
  readonly customerId: string | number | bigint;
  readonly method: string;
  readonly url: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string | null;
}

/** The last line of an answer; of a dry run it has other counts than of a run. */
export interface PieceAnswer {
  readonly action?: string;
  readonly enqueued?: number;
  readonly duplicates?: number;
  readonly recovered?: number;
  readonly composed?: number;
  readonly cancelled?: number;
  readonly failed?: number;
  readonly rejected: number;
  readonly failures?: readonly Kind[];
  readonly samples?: readonly Sample[];
  readonly rejectedLines?: readonly RejectedAt[];
  readonly isPaused?: true;
  readonly done?: true;
  readonly error?: unknown;
}

export interface PieceOrder {
  readonly operation: "sendCustomers" | "tryCustomers";
  readonly action: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly format: Format;
  readonly signal: AbortSignal;
  /** Is told that the lane is full, and nothing is taken until workers have made room. */
  readonly onFull: (isFull: boolean) => void;
}

/** As many as the API lists. */
const REJECTED_MAX = 10_000;
/** It says something every second; while a lane is full, too. */
const SILENCE_MS = 120_000;
const TYPES: Readonly<Record<Format, string>> = { ndjson: "application/x-ndjson", csv: "text/csv" };

/** @throws ApiError, and the signal's reason. */
export async function sendPiece(piece: Piece, order: PieceOrder): Promise<PieceAnswer> {
  const { operation, action, format, signal, onFull } = order;
  const query = { ...order.query, after: String(piece.headLines), rejectedMax: String(REJECTED_MAX) };
  const { method, path } = OPERATIONS[operation];
  const response = await openApi({
    method,
    path: toPath(path, { params: { id: action }, query }),
    headers: { accept: "application/x-ndjson", "content-type": TYPES[format] },
    body: piece.body,
    signal,
  });
  let last: PieceAnswer | null = null;
  try {
    for await (const line of readAnswerLines(response.body ?? new ReadableStream(), SILENCE_MS)) {
      if (line === "") continue;
      last = parseExact(line) as PieceAnswer;
      onFull(last.isPaused === true);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toCut(error);
  }
  if (isProblemDetails(last?.error)) throw toApiError(last.error);
  if (last?.done !== true) throw toCut(null);
  return last;
}

function toCut(cause: unknown): ApiError {
  const message = "the API's answer was cut";
  return new ApiError(message, { code: "api_unreachable", isTemporary: true, cause });
}
