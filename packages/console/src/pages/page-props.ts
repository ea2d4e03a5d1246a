// What every page is given.

export interface PageProps {
  /** The parts of the address behind the page's own. */
  readonly below: readonly string[];
}
