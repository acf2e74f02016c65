/** How many bytes may be under way at once. */
export class ByteBudget {
  private used = 0;

  constructor(private readonly limit: number) {}

  /** False when there is no room now. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
