import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ROOT } from '../layout.js';
import { newMessage, newService } from './new.js';

const LISTS = [
  'libs/contracts/src/names.ts',
  'tsconfig.json',
  'tsconfig.spec.json',
  'helm/enishi/Chart.yaml',
  'README.md',
  'docs/architecture.md',
];
const QUESTION = 'who may call what, and for how long?';
let root: string;
let printed: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'enishi-new-'));
  for (const file of LISTS) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(join(ROOT, file), join(root, file));
  }
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

describe('new service', () => {
  it('writes the service and its chart, puts it into each list once, and says what comes next', () => {
    newService({ name: 'token-issuer', question: QUESTION }, root);
    for (const file of ['services/token-issuer/src/main.ts', 'services/token-issuer/prisma/schema.prisma', 'helm/token-issuer/Chart.yaml'])
      expect([file, existsSync(join(root, file))]).toEqual([file, true]);
    for (const file of LISTS)
      expect([
        file,
        textOf(file)
          .split('\n')
          .filter((line) => line.includes('token-issuer')).length,
      ]).toEqual([file, 1]);
    expect(JSON.parse(textOf('tsconfig.json')).references).toContainEqual({ path: 'services/token-issuer' });
    expect(textOf('libs/contracts/src/names.ts')).toMatch(/'token-issuer'\] as const/);
    expect(printed.join('')).toContain('./enishi migration token-issuer first');
  });

  it.each([
    ['a name in capitals', 'Token', QUESTION, 'no name of a service'],
    ['a name with a slash', '../x', QUESTION, 'no name of a service'],
    ['a question of two lines', 'token', 'who\nknows?', '--question'],
  ])('refuses %s, and writes nothing', (_, name, question, sentence) => {
    expect(() => newService({ name, question }, root)).toThrow(sentence);
    expect(existsSync(join(root, 'services'))).toBe(false);
  });

  it('touches nothing when a part of it is there already', () => {
    mkdirSync(join(root, 'helm/probe'), { recursive: true });
    cpSync(join(root, 'README.md'), join(root, 'helm/probe/README.md'));
    expect(() => newService({ name: 'probe', question: QUESTION }, root)).toThrow('helm/probe/README.md is there already');
    expect(textOf('libs/contracts/src/names.ts')).not.toContain('probe');
    expect(existsSync(join(root, 'services'))).toBe(false);
  });
});

describe('new message', () => {
  it('writes a request or a fact with samples, named as the others are', () => {
    newMessage({ subject: 'parser.accounts.count.v1', kind: 'request', others: ['command-dispatcher'] }, root);
    expect(textOf('libs/contracts/src/parser/count-accounts.ts')).toContain(
      "export const countAccounts = request('parser.accounts.count.v1'",
    );
    newMessage({ subject: 'parser.account.closed.v2', kind: 'event', others: ['command-dispatcher'] }, root);
    expect(textOf('libs/contracts/src/parser/account-closed-v2.ts')).toContain(
      "export const accountClosedV2 = event('parser.account.closed.v2'",
    );
    expect(textOf('libs/contracts/src/parser/account-closed-v2.samples.ts')).toContain('contract: accountClosedV2');
  });

  it.each([
    ['an owner that there is not', 'parsr.accounts.count.v1', ['command-dispatcher'], 'is no subject'],
    ['a subject without a version', 'parser.accounts.count', ['command-dispatcher'], 'is no subject'],
    ['nobody who calls', 'parser.accounts.count.v1', [], 'Name who calls'],
    ['its owner as a caller', 'parser.accounts.count.v1', ['parser'], 'Name who calls'],
  ])('refuses %s', (_, subject, others, sentence) => {
    expect(() => newMessage({ subject, kind: 'request', others }, root)).toThrow(sentence);
    expect(existsSync(join(root, 'libs/contracts/src/parser'))).toBe(false);
  });
});
