/** Why a signature, a seal, a key or a code was refused. One closed list, so that a caller can name the cause. */
import { AppError } from '@enishi/errors';

const REASONS = {
  malformed: 'is not in the form that it should have',
  typ_wrong: 'is of another kind than the one expected here',
  signature_wrong: 'does not carry the right signature',
  payload_not_valid: 'is signed, but its content is not what it should be',
  key_not_certified: 'carries a key that the root has not certified for this use',
  key_expired: 'carries a key whose time has not begun or is over',
  root_wrong: 'carries another root than the one trusted here',
  cannot_open: 'is sealed to another key, or was changed',
} as const;
export type CryptoReason = keyof typeof REASONS;

/**
 * Refusal by this lib: `code` is `crypto.<reason>`, `place` says what was refused ("order", "key statement").
 * The message never holds the refused material.
 */
export class CryptoError extends AppError {
  readonly reason: CryptoReason;

  constructor(reason: CryptoReason, place: string, detail = '') {
    super(`crypto.${reason}`, 'denied', `the ${place} ${REASONS[reason]}${detail ? ` (${detail})` : ''}`, { place });
    this.reason = reason;
  }
}
