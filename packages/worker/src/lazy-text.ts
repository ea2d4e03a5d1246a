// A text that is made when somebody first asks for it. Most bodies of answers are never looked at: making a
// text of each would fill the heap with what nobody reads.

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

  map(change: (text: string) => string): LazyText {
    return new LazyText(() => change(this.text));
  }

  toJSON(): string {
    return this.text;
  }
}
