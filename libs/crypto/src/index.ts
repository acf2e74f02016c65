export { openAtRest, sealAtRest } from './at-rest.js';
export { fromBase64Url, toBase64Url } from './base64url.js';
export { CryptoError, type CryptoReason } from './crypto-error.js';
export { createEnrolmentCode, type EnrolmentCode, enrolmentMac, parseEnrolmentCode } from './enrolment.js';
export { randomToken, sameSecret, sha256 } from './hash.js';
export { signInternalToken } from './internal-token.js';
export { open, seal } from './jwe.js';
export { decodeHeader, type JwsHeader, readUnverified, sign, verify } from './jws.js';
export { generateSealingKey, generateSigningKey, jwkThumbprint, type KeyPair, PrivateSealingJwk, PrivateSigningJwk } from './keys.js';
export { packResult, unpackResult } from './result-package.js';
export {
  certifyKey,
  createRoot,
  KEY_TYP,
  type KeyStatementFor,
  ROOT_TYP,
  thumbprintOfRoot,
  verifyCertified,
  verifyKey,
  verifyOwnRoot,
  verifyRoot,
} from './root.js';
