/** How many new terminals are accepted in a second; the rest are spread over the seconds to come. */
export class AcceptRate {
  private windowStart = 0;
  private accepted = 0;
  private waiting = 0;

  constructor(private readonly perSecond: number) {}

  /** 0: accepted. Otherwise seconds to wait: whole windows ahead, so that a crowd comes back in order, not all at once. */
  take(nowMs: number): number {
    if (nowMs - this.windowStart >= 1_000) {
      const passed = Math.floor((nowMs - this.windowStart) / 1_000);
      this.waiting = Math.max(0, this.waiting - passed * this.perSecond);
      this.windowStart = nowMs;
      this.accepted = 0;
    }
    if (this.accepted < this.perSecond) {
      this.accepted += 1;
      return 0;
    }
    this.waiting += 1;
    return Math.min(60, Math.ceil(this.waiting / this.perSecond));
  }
}
