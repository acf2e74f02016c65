/** What the bank has seen. Counts only, nothing of what was sent. */

export interface Counts {
  /** POSTs of the login form by customer name; `unknown` for a contract number that the bank does not know. */
  readonly loginPosts: Readonly<Record<string, number>>;
  readonly loginsAccepted: Readonly<Record<string, number>>;
  /** By method and path, without query. */
  readonly requests: Readonly<Record<string, number>>;
  readonly requestsTotal: number;
  /** Handshakes that ended because the client showed no certificate. */
  readonly refusedWithoutCertificate: number;
  /** Handshakes that ended because the certificate is not one of the bank's, or has expired. */
  readonly refusedCertificate: number;
  /** Other faults of TLS. */
  readonly tlsFaults: number;
}

export class Counters {
  private loginPosts = new Map<string, number>();
  private loginsAccepted = new Map<string, number>();
  private requests = new Map<string, number>();
  private refusedWithoutCertificate = 0;
  private refusedCertificate = 0;
  private tlsFaults = 0;

  loginPosted(user: string): void {
    this.loginPosts.set(user, (this.loginPosts.get(user) ?? 0) + 1);
  }
  loginAccepted(user: string): void {
    this.loginsAccepted.set(user, (this.loginsAccepted.get(user) ?? 0) + 1);
  }
  /** @param route one of the site's own routes, so that the number of keys has a bound */
  requested(route: string): void {
    this.requests.set(route, (this.requests.get(route) ?? 0) + 1);
  }
  refused(why: 'no_certificate' | 'certificate' | 'fault'): void {
    if (why === 'no_certificate') this.refusedWithoutCertificate++;
    else if (why === 'certificate') this.refusedCertificate++;
    else this.tlsFaults++;
  }

  read(): Counts {
    return {
      loginPosts: Object.fromEntries(this.loginPosts),
      loginsAccepted: Object.fromEntries(this.loginsAccepted),
      requests: Object.fromEntries(this.requests),
      requestsTotal: [...this.requests.values()].reduce((sum, count) => sum + count, 0),
      refusedWithoutCertificate: this.refusedWithoutCertificate,
      refusedCertificate: this.refusedCertificate,
      tlsFaults: this.tlsFaults,
    };
  }

  reset(): void {
    this.loginPosts.clear();
    this.loginsAccepted.clear();
    this.requests.clear();
    this.refusedWithoutCertificate = this.refusedCertificate = this.tlsFaults = 0;
  }
}
