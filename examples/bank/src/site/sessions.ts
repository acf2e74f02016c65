/** Who is logged in, and who has guessed wrong too often. In memory: a restart logs everybody out. */
import { randomBytes } from 'node:crypto';

export interface Session {
  readonly id: string;
  readonly csrf: string;
  /** The session belongs to the certificate that opened it. */
  readonly serial: string;
  /** Name of the customer; null before the login. */
  readonly user: string | null;
  lastSeenMs: number;
  noticeRead: boolean;
  /** Answers given since the login. */
  answered: number;
}

export const MAX_SESSIONS = 1_000;
export const WRONG_TRIES_ALLOWED = 3;

export class Sessions {
  private readonly byId = new Map<string, Session>();
  private readonly wrongTries = new Map<string, number>();

  /** @param clockMs a clock that never goes back */
  constructor(
    private readonly idleMs: number,
    private readonly clockMs: () => number = () => performance.now(),
  ) {}

  /** A session before the login. The oldest gives way when there are too many. */
  begin(serial: string): Session {
    return this.add(serial, null);
  }

  /** The live session of this cookie on this certificate; null when there is none, or it was idle too long. */
  find(id: string | undefined, serial: string): Session | null {
    const session = id === undefined ? undefined : this.byId.get(id);
    if (!session || session.serial !== serial) return null;
    if (this.clockMs() - session.lastSeenMs > this.idleMs) {
      this.byId.delete(session.id);
      return null;
    }
    session.lastSeenMs = this.clockMs();
    return session;
  }

  /** Turns a session before the login into one after it, with a new id; other sessions of the customer end. */
  logIn(before: Session, user: string): Session {
    this.end(before);
    for (const other of this.byId.values()) if (other.user === user) this.byId.delete(other.id);
    this.wrongTries.delete(user);
    return this.add(before.serial, user);
  }

  end(session: Session): void {
    this.byId.delete(session.id);
  }

  endAll(): number {
    const ended = this.byId.size;
    this.byId.clear();
    return ended;
  }

  /** Counts a wrong password. */
  countWrong(user: string): void {
    this.wrongTries.set(user, (this.wrongTries.get(user) ?? 0) + 1);
  }

  isLocked(user: string): boolean {
    return (this.wrongTries.get(user) ?? 0) >= WRONG_TRIES_ALLOWED;
  }

  unlock(user: string): void {
    this.wrongTries.delete(user);
  }

  private add(serial: string, user: string | null): Session {
    const [id, csrf] = [randomBytes(24).toString('base64url'), randomBytes(24).toString('base64url')];
    const session: Session = { id, csrf, serial, user, lastSeenMs: this.clockMs(), noticeRead: false, answered: 0 };
    if (this.byId.size >= MAX_SESSIONS) for (const oldest of this.byId.keys()) return this.replace(oldest, session);
    this.byId.set(id, session);
    return session;
  }

  private replace(oldest: string, session: Session): Session {
    this.byId.delete(oldest);
    this.byId.set(session.id, session);
    return session;
  }
}
