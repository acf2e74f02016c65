/** So many a second, with a burst. Pure: the time is an argument, in milliseconds of a clock that only goes forward. */
export class TokenBucket {
  private tokens: number;
  private at: number;
  /** Refused since the last one that was let through: later ones are told to come later. */
  private refused = 0;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.tokens = burst;
    this.at = nowMs;
  }

  /** Null when it may pass; else the seconds after which to come again, at least 1 and at most 60. */
  take(nowMs: number): number | null {
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, nowMs - this.at) / 1_000) * this.perSecond);
    this.at = Math.max(this.at, nowMs);
    if (this.tokens >= 1) {
      this.tokens -= 1;
      this.refused = Math.max(0, this.refused - 1);
      return null;
    }
    // A crowd is spread over the time that it needs at this rate, so that it does not come back as a crowd.
    this.refused += 1;
    return Math.min(60, Math.max(1, Math.ceil(this.refused / this.perSecond)));
  }
}
