/** The folders that hold controls, and the tests that must notice when a control is bent. */

export interface Folder {
  /** Files to bend, from the root of the repository; globs. */
  readonly bends: readonly string[];
  /** Specs that run anywhere, from the root; globs. */
  readonly unit: readonly string[];
  /** Specs on real servers: a Postgres is started for them, once a drill. */
  readonly it?: readonly string[];
}

export const FOLDERS: Readonly<Record<string, Folder>> = {
  order: {
    bends: ['clients/terminal-agent/src/order/*.ts', '!**/*.spec.ts'],
    unit: ['clients/terminal-agent/src/order/*.spec.ts'],
  },
  'internal-token': {
    bends: [
      'libs/contracts/src/internal-token.ts',
      'libs/crypto/src/internal-token.ts',
      'libs/http/src/internal-token.ts',
      'libs/http/src/guard.ts',
      'libs/http/src/caller.ts',
    ],
    unit: ['libs/crypto/src/internal-token.spec.ts', 'libs/http/src/internal-token.spec.ts', 'libs/http/src/guard.spec.ts'],
  },
  checks: {
    bends: ['services/*/src/**/check-*.ts', '!**/*.spec.ts'],
    unit: ['services/*/src/**/check-*.spec.ts'],
  },
  'plain-request': {
    bends: ['libs/http/src/plain-request.ts'],
    unit: ['libs/http/src/plain-request.spec.ts'],
  },
  'weak-key': {
    bends: ['libs/crypto/src/weak-key.ts'],
    unit: ['libs/crypto/src/weak-key.spec.ts'],
  },
  'order-book': {
    bends: ['clients/terminal-agent/src/journal/order-book.ts'],
    unit: ['clients/terminal-agent/src/journal/order-book.spec.ts'],
  },
  access: {
    bends: ['services/parser/src/access.store.ts', 'services/parser/src/manage-access/manage-access.ts'],
    unit: [],
    it: ['services/parser/test/access.it.spec.ts'],
  },
  /** Not with what speaks on the wire: its tests need real banks, and one round of them takes too long for each bend. */
  bank: {
    bends: ['clients/terminal-agent/src/bank/*.ts', '!**/{ask-bank,connect-bank,perform-order}.ts', '!**/*.spec.ts'],
    unit: ['clients/terminal-agent/src/bank/*.spec.ts'],
  },
  permissions: {
    bends: ['libs/messaging/src/permissions.ts'],
    // What a real server makes of them is asked once, in test/permissions.it.spec.ts: it notices no more of these bends.
    unit: ['libs/messaging/src/permissions.spec.ts'],
  },
};
