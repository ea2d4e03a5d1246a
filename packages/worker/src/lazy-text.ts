// A text that is made when somebody first asks for it. Most bodies of answers are never looked at: making a
// text of each would fill the heap with what nobody reads.

/** A class, since each answer has one: closures would be a part of all garbage. */
export class LazyText {
  #make: (() => string) | null;
  #text = "";

  /** @param make called once at most, and let go of then. */
  constructor(make: () => string) {
    this.#make = make;
  }

  static of(text: string): LazyText {
    return new LazyText(() => text);
  }

  get text(): string {
    if (this.#make !== null) {
      this.#text = this.#make();
      this.#make = null;
    }
    return this.#text;
  }

  /** What becomes of it, made no sooner. */
  map(change: (text: string) => string): LazyText {
    return new LazyText(() => change(this.text));
  }

  /** Whoever writes it out by mistake leaves nothing out. */
  toJSON(): string {
    return this.text;
  }
}
