/** For tests: everything of one kind that was heard, in order, and a way to wait for more of it. */
export class Heard<T> {
  readonly all: T[] = [];
  #next = Promise.withResolvers<void>();

  add(item: T): void {
    this.all.push(item);
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve();
  }

  /** Looks at once, and again whenever something was heard. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#next.promise;
  }

  /** The first one that fits, now or later. */
  async first<S extends T>(fits: (item: T) => item is S): Promise<S>;
  async first(fits: (item: T) => boolean): Promise<T>;
  async first(fits: (item: T) => boolean): Promise<T> {
    await this.until(() => this.all.some(fits));
    return this.all.find(fits)!;
  }
}
