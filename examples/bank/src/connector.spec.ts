import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connector } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { extract, parsePage, select, text } from '../test/page-reader.js';
import { samples } from './samples.js';

const connector = Connector.parse(JSON.parse(readFileSync(join(import.meta.dirname, '..', 'connector.json'), 'utf8')));
const shown = samples();

function pageOf(name: string): ReturnType<typeof parsePage> {
  const bytes = shown.get(name);
  if (!bytes) throw new Error('There is no such sample');
  return parsePage(bytes);
}

/** Kinds of html page whose markers are all on the sample, among those that may answer the request. */
function kindsOf(sample: string, request: string, status = 200): string[] {
  const root = pageOf(sample);
  return Object.entries(connector.pages).flatMap(([name, { match, answers }]) =>
    match.as === 'html' &&
    match.status === status &&
    answers.includes(request) &&
    match.markers.every((marker) => select(root, marker.select).some((element) => text(element).includes(marker.text ?? '')))
      ? [name]
      : [],
  );
}

describe('connector.json describes the bank', () => {
  it('A4 every page of the bank is of exactly one kind', () => {
    expect(kindsOf('login.html', 'loginForm')).toEqual(['login']);
    expect(kindsOf('rejected.html', 'loginSubmit')).toEqual(['loginRejected']);
    expect(kindsOf('locked.html', 'loginSubmit')).toEqual(['locked']);
    expect(kindsOf('certificate-of-another.html', 'loginSubmit')).toEqual(['certificateOfAnother']);
    expect(kindsOf('notice.html', 'accounts')).toEqual(['notice']);
    expect(kindsOf('accounts.html', 'accounts')).toEqual(['accounts']);
    expect(kindsOf('history-1.html', 'history')).toEqual(['history']);
    expect(kindsOf('history-2.html', 'historyNext')).toEqual(['history']);
    expect(kindsOf('empty.html', 'history')).toEqual(['history']);
  });

  it('A4 maintenance and the end of the session are known wherever they may come', () => {
    for (const request of Object.keys(connector.requests)) expect(kindsOf('maintenance.html', request, 503)).toEqual(['maintenance']);
    for (const request of Object.keys(connector.requests).filter((name) => name !== 'loginForm'))
      expect(kindsOf('expired.html', request)).toEqual(['sessionExpired']);
  });

  it('A4 a page that the bank has changed is of no kind', () => {
    expect(kindsOf('accounts-changed.html', 'accounts')).toEqual([]);
  });

  it('A4 every rule finds its value on the page', () => {
    const login = pageOf('login.html');
    expect(extract(login, connector.pages.login?.facts.csrf as never)).toMatch(/^[A-Za-z0-9_-]{20,64}$/);
    const root = pageOf('accounts.html');
    const { accounts, lists } = connector.pages.accounts ?? {};
    const rows = select(root, accounts?.rows ?? '');
    expect(rows).toHaveLength(4);
    expect(rows.map((row) => extract(row, lists?.accounts?.fields.download as never))).toEqual([
      '全銀形式',
      'CSV形式',
      'お取扱なし',
      'お取扱なし',
    ]);
    const { rows: _, count, ...fields } = accounts ?? {};
    expect(extract(root, count as never)).toBe('4');
    const missing = rows.flatMap((row) => Object.entries(fields).filter(([, rule]) => extract(row, rule as never) === null));
    expect(missing.map(([field]) => field)).toEqual([]);
    const { statement, facts } = connector.pages.history ?? {};
    if (statement?.from !== 'html') throw new Error('history must be read from html');
    const first = pageOf('history-1.html');
    expect(extract(first, facts?.nextPage as never)).toBe('2');
    expect([extract(first, statement.page), extract(first, statement.pages), extract(first, statement.totalRows)]).toEqual([
      '1',
      '8',
      expect.stringMatching(/^\d+$/),
    ]);
    expect(select(first, statement.rows)).toHaveLength(20);
    for (const page of [first, pageOf('empty.html')])
      expect([extract(page, statement.period?.from as never), extract(page, statement.period?.to as never)]).toEqual([
        '2026年3月1日',
        '2026年11月20日',
      ]);
    const last = pageOf('history-8.html');
    expect(extract(last, facts?.nextPage as never)).toBeNull();
    expect(select(pageOf('empty.html'), statement.emptyMarker.select).map(text).join()).toContain(statement.emptyMarker.text);
    expect(select(first, statement.emptyMarker.select)).toEqual([]);
  });

  it('A3 the login is sent at most once, and secrets stand in its form alone', () => {
    const secret = Object.entries(connector.requests).filter(([, { form }]) => Object.values(form).some((value) => 'secret' in value));
    expect(secret.map(([name, { effect }]) => [name, effect])).toEqual([['loginSubmit', 'once']]);
  });

  it('A4 every kind of page has a transition for every verdict', () => {
    for (const page of Object.keys(connector.pages)) {
      const last = connector.transitions.filter((transition) => transition.page === page).at(-1);
      expect([page, last?.verdict, last?.when]).toEqual([page, undefined, undefined]);
    }
  });
});
