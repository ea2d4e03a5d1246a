// One customer of a file, or why there is none on a line.

import type { Customer } from "@postrider/shared/delivery";

export interface GoodLine {
  /** 1-based, where the record starts. */
  readonly line: number;
  /** Where it ends: another line than that for a CSV record over several. */
  readonly end: number;
  readonly customer: Customer;
}

export interface BadLine {
  /** 1-based, where the problem is. */
  readonly line: number;
  /** Where what is rejected ends. */
  readonly end: number;
  readonly column: number;
  /** What is wrong, and what to change. */
  readonly problem: string;
  /** What is rejected for it, as it stands in the file: the line, or all lines of a CSV record. */
  readonly bytes: Buffer;
}

export type CustomerLine = GoodLine | BadLine;
