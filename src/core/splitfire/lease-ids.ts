/** Room for the ids of one epoch: those of later epochs are all higher. */
const IDS_PER_EPOCH = 2 ** 20;

/** Gives out the ids of leases in one epoch, each once. */
export class LeaseIds {
  readonly #first: number;
  #next: number;

  constructor(epoch: number) {
    this.#first = epoch * IDS_PER_EPOCH + 1;
    this.#next = this.#first;
  }

  next(): number {
    const id = this.#next;
    this.#next += 1;
    return id;
  }

  /** Ids stay unique even if a member has seen some of this epoch that this coordinator does not know of. */
  skip(id: number): void {
    if (id >= this.#next && id < this.#first + IDS_PER_EPOCH / 2) this.#next = id + 1;
  }
}
