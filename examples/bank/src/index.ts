export { type Counts } from './admin/counters.js';
export { type Scenario } from './admin/scenario.js';
export { type BankOptions, type RunningBank, startBank } from './bank.js';
export { CUSTOMERS, type Customer } from './ledger/customers.js';
export { type Truth, type TruthAccount, type TruthTransaction, truthOf } from './ledger/truth.js';
export { samples, writeSamples } from './samples.js';
export { Authority, CLIENT_ISSUER, type IssuedCertificate, writePair } from './site/authority.js';
