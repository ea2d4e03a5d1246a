// What is wrong with a customers file as a whole; a single bad line is a value, not an error.

/** Damaged: its gzip data. Format: a beginning by which no line can be read. */
export type CustomersFileCode = "file_unreadable" | "file_damaged" | "file_format";

export class CustomersFileError extends Error {
  readonly code: CustomersFileCode;

  constructor(code: CustomersFileCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "CustomersFileError";
    this.code = code;
  }
}
