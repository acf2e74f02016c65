/** Who has used much of the threads' time of late. Pure but for the clock. */

/** Time after which nothing is held against an owner. */
const FORGET_MS = 60_000;
/** Time of threads that one owner uses in FORGET_MS like anybody else; a whole honest run needs about a third of it. */
const LIGHT_MS = 500;

export class ThreadTime {
  /** Oldest first. */
  private readonly used = new Map<string, { since: number; ms: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** `ended`: by a limit; whoever sends one such answer has more of them. */
  add(owner: string, ms: number, ended: boolean): void {
    const now = this.now();
    this.forget(now);
    const used = this.used.get(owner) ?? { since: now, ms: 0 };
    used.ms += ended ? LIGHT_MS + ms : ms;
    this.used.set(owner, used);
  }

  isHeavy(owner: string): boolean {
    this.forget(this.now());
    return (this.used.get(owner)?.ms ?? 0) >= LIGHT_MS;
  }

  private forget(now: number): void {
    for (const [owner, { since }] of this.used) {
      if (now - since < FORGET_MS) return;
      this.used.delete(owner);
    }
  }
}
