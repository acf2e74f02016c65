export { type Truth, type TruthAccount, type TruthTransaction, truthOf } from './ledger/truth.js';
export { samples, writeSamples } from './samples.js';
