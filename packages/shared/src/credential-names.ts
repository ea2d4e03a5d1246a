// Which names are those of credentials, and what stands for one where it is shown.

export const MASK = "***";

/** Words of header names whose values are credentials. */
const CREDENTIAL_NAME =
  /(^|[-_])(authorization|auth|cookie|tokens?|secrets?|passw(or)?d|credentials?|(api|access|subscription|secret|private)-?key)($|[-_])/i;

/** Whether a header of this name carries a credential. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_NAME.test(name) && !/idempotency-key$/i.test(name);
}
