export { openAtRest, sealAtRest } from './at-rest.js';
export { fromBase64Url, toBase64Url } from './base64url.js';
export { CryptoError, type CryptoReason } from './crypto-error.js';
export { agentHash, createEnrolmentCode, type EnrolmentCode, enrolmentMac, parseEnrolmentCode } from './enrolment.js';
export { randomToken, sameSecret, sha256 } from './hash.js';
export { signInternalToken } from './internal-token.js';
export { open, seal } from './jwe.js';
export { decodeHeader, type JwsHeader, readUnverified, sign, verify } from './jws.js';
export { generateSealingKey, generateSigningKey, jwkThumbprint, type KeyPair, PrivateSealingJwk, PrivateSigningJwk } from './keys.js';
export { packResult, unpackResult } from './result-package.js';
export {
  certifyKey,
  createRoot,
  type KeyStatementFor,
  thumbprintOfRoot,
  verifyCertified,
  verifyKey,
  verifyOwnRoot,
  verifyRoot,
} from './root.js';
export { CONNECTOR_TYP, ENROLMENT_TYP, KEY_TYP, ORDER_TYP, RESULT_TYP, ROOT_TYP, SESSION_TYP } from './typ.js';
export { isWeakKey } from './weak-key.js';
