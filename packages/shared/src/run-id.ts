// What a run may be called.

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The same in words, to stand behind "must be". */
export const RUN_ID_RULE = "1 to 100 of A-Z a-z 0-9 . _ - and start with a letter or digit";

export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}
