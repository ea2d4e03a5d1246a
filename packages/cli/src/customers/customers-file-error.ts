// What is wrong with a customers file as a whole; a single bad line is a value, not an error.

export type CustomersFileCode = "file_unreadable" | "file_damaged";

export class CustomersFileError extends Error {
  readonly code: CustomersFileCode;

  constructor(code: CustomersFileCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "CustomersFileError";
    this.code = code;
  }
}
