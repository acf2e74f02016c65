import { createHash } from 'node:crypto';

export interface Followed {
  /** What is followed, as text: of a file, or of several that belong together. Throws when it cannot be read. */
  readonly look: () => string;
  /** Takes up what is there now, all or nothing. Throws when it does not fit; then what was in force stays so. */
  readonly changed: () => void;
  /** Told once for each text that could not be taken up. */
  readonly refused: (err: unknown) => void;
  /** Time between two looks, ms. */
  readonly everyMs: number;
}

/**
 * Follows files that somebody else replaces, so that a rotation needs no restart. Half of a new set is refused, and the
 * whole is taken up when it is there. Only a hash of what was seen is kept.
 * @returns a function that stops looking
 */
export function follow({ look, changed, refused, everyMs }: Followed): () => void {
  const hashed = (text: string) => createHash('sha256').update(text).digest('base64');
  let seen = hashed(look());
  const timer = setInterval(() => {
    let found = 'cannot be read';
    try {
      found = hashed(look());
      if (found === seen) return;
      changed();
    } catch (err) {
      if (found !== seen) refused(err);
    }
    seen = found;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
