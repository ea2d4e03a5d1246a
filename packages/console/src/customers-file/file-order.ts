// What is to be done with a customers file, and as what the API is told so.

import type { Piece } from "./cut-pieces.ts";
import type { Format } from "./find-records.ts";

export type Doing = "try" | "send";

/** What is to be sent, and how; texts as the API's parameters have them. */
export interface FileOrder {
  readonly file: File;
  /** Null: as its name says. */
  readonly format: Format | null;
  readonly action: string;
  readonly run: string;
  readonly lane: string;
  readonly labels: string;
  readonly event: string;
  readonly values: string;
  readonly sendAt: string;
  readonly expiresAt: string;
  readonly hold: boolean;
  readonly open: boolean;
}

/** What a form is filled with. */
export type OfferedOrder = Omit<FileOrder, "file"> & { readonly file: File | null };

/** The query with which a piece goes out. */
export function toPieceQuery(doing: Doing, order: FileOrder, piece: Piece) {
  return doing === "send" ? toRunQuery(order, piece) : toExtras(order);
}

function toExtras({ event, values }: FileOrder) {
  return { event: event || undefined, values: values || undefined };
}

function toRunQuery(order: FileOrder, { before, isLast }: Piece) {
  const { run, lane, labels, sendAt, expiresAt, hold, open } = order;
  return {
    ...toExtras(order),
    run,
    lane: lane || undefined,
    labels: labels || undefined,
    sendAt: sendAt || undefined,
    expiresAt: expiresAt || undefined,
    // Whoever releases it meanwhile is not overruled by the next piece.
    hold: hold && before === 0 ? "true" : undefined,
    open: open || !isLast ? "true" : undefined,
  };
}
