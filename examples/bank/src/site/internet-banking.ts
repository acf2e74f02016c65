/** つばめダイレクト: what the site answers, without anything of the network. */
import { timingSafeEqual } from 'node:crypto';
import type { Counters } from '../admin/counters.js';
import type { Scenario } from '../admin/scenario.js';
import { csvFile } from '../files/csv.js';
import { zenginFile } from '../files/zengin.js';
import { type Day, fromCompact } from '../ledger/calendar.js';
import { CUSTOMERS, type Customer, customerNamed } from '../ledger/customers.js';
import { type AccountBook, booksOf, periodOf } from '../ledger/ledger.js';
import { accountsPage, changedAccountsPage } from '../pages/accounts.js';
import * as entrance from '../pages/entrance.js';
import { changedHistoryPage, historyPage, pagesOf } from '../pages/history.js';
import { type Answer, attachment, endOfSessionCookie, html, redirect, sessionCookie } from './answer.js';
import type { Session, Sessions } from './sessions.js';

/** A request as far as the site cares. */
export interface Visit {
  /** Serial of the client certificate that TLS has verified. */
  readonly serial: string;
  readonly cookie: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly form: ReadonlyMap<string, string>;
}

export interface BankDeps {
  readonly seed: number;
  readonly today: () => Day;
  readonly sessions: Sessions;
  readonly counters: Counters;
  readonly scenario: () => Scenario;
  /** Name of the customer that a certificate was made for. */
  readonly customerOf: (serial: string) => string | null;
}

interface LoggedIn {
  readonly session: Session;
  readonly customer: Customer;
  readonly books: readonly AccountBook[];
}

export class InternetBanking {
  private cached: { of: string; books: readonly AccountBook[] } | null = null;

  constructor(private readonly deps: BankDeps) {}

  top(): Answer {
    return html(200, entrance.topPage());
  }

  loginForm({ serial }: Visit): Answer {
    const session = this.deps.sessions.begin(serial);
    const page = this.deps.scenario().siteChanged === 'login' ? entrance.changedLoginPage(session.csrf) : entrance.loginPage(session.csrf);
    return html(200, page, [sessionCookie(session.id), 'tb_lang=ja; Path=/; Max-Age=31536000; Secure']);
  }

  logIn({ serial, cookie, form }: Visit): Answer {
    const { sessions, counters } = this.deps;
    const customer = CUSTOMERS.find(({ userId }) => userId === form.get('userId'));
    counters.loginPosted(customer?.name ?? 'unknown');
    const session = sessions.find(cookie, serial);
    if (!session || !same(form.get('_csrf') ?? '', session.csrf)) return this.expired();
    // The certificate is looked at first, so that a stranger's guesses lock nobody out.
    if (customer && this.deps.customerOf(serial) !== customer.name) return html(200, entrance.certificateOfAnotherPage());
    if (customer && sessions.isLocked(customer.name)) return html(200, entrance.lockedPage());
    if (this.deps.scenario().rejectLogin) return this.refuse(session, serial);
    if (!customer || !same(form.get('password') ?? '', customer.password)) {
      if (customer) sessions.countWrong(customer.name);
      return customer && sessions.isLocked(customer.name) ? html(200, entrance.lockedPage()) : this.refuse(session, serial);
    }
    counters.loginAccepted(customer.name);
    return redirect('/ib/accounts', [sessionCookie(sessions.logIn(session, customer.name).id)]);
  }

  accounts(visit: Visit): Answer {
    return this.loggedIn(visit, ({ session, customer, books }) => {
      const { notice, siteChanged } = this.deps.scenario();
      if (notice && !session.noticeRead) return html(200, entrance.noticePage(session.csrf, customer.holder.ja));
      return html(200, (siteChanged === 'accounts' ? changedAccountsPage : accountsPage)(books, customer.holder));
    });
  }

  acknowledge(visit: Visit): Answer {
    return this.loggedIn(visit, ({ session }) => {
      if (!same(visit.form.get('_csrf') ?? '', session.csrf)) return this.expired();
      session.noticeRead = true;
      return redirect('/ib/accounts');
    });
  }

  history(visit: Visit): Answer {
    return this.loggedIn(visit, ({ customer, books }) => {
      const asked = this.asked(visit, books);
      if (!asked) return this.notServed(404);
      const page = Number(/^\d{1,3}$/.test(visit.query.page ?? '1') ? (visit.query.page ?? '1') : Number.NaN);
      if (!(page >= 1 && page <= pagesOf(asked.period))) return this.notServed(404);
      const view = { key: asked.book.key, account: asked.book.account, holder: customer.holder, period: asked.period, page };
      return html(200, (this.deps.scenario().siteChanged === 'history' ? changedHistoryPage : historyPage)(view));
    });
  }

  download(visit: Visit): Answer {
    return this.loggedIn(visit, ({ customer, books }) => {
      const asked = this.asked(visit, books);
      if (!asked || asked.book.account.channel !== visit.query.format) return this.notServed(404);
      const { account } = asked.book;
      const today = this.deps.today();
      const name = `meisai_${account.branch}_${account.number}_${today.replaceAll('-', '')}`;
      if (account.channel === 'zengin')
        return attachment(`${name}.txt`, 'application/octet-stream', zenginFile(account, customer.holder, asked.period, today));
      return attachment(`${name}.csv`, 'text/csv; charset=Shift_JIS', csvFile(account, customer.holder, asked.period, today));
    });
  }

  logOut({ serial, cookie }: Visit): Answer {
    const session = this.deps.sessions.find(cookie, serial);
    if (session) this.deps.sessions.end(session);
    return html(200, entrance.loggedOutPage(), [endOfSessionCookie()]);
  }

  maintenance(): Answer {
    return html(503, entrance.maintenancePage());
  }

  notServed(status: number): Answer {
    return html(status, entrance.errorPage('ご指定のお取引はお取扱いできません。（E4004）'));
  }

  private loggedIn({ serial, cookie }: Visit, answer: (who: LoggedIn) => Answer): Answer {
    const session = this.deps.sessions.find(cookie, serial);
    const customer = session?.user ? customerNamed(session.user) : undefined;
    if (!session || !customer) return this.expired();
    const { expireAfter } = this.deps.scenario();
    if (expireAfter !== null && session.answered >= expireAfter) {
      this.deps.sessions.end(session);
      return this.expired();
    }
    session.answered++;
    return answer({ session, customer, books: this.booksOf(customer) });
  }

  private refuse(session: Session, serial: string): Answer {
    this.deps.sessions.end(session);
    const next = this.deps.sessions.begin(serial);
    return html(200, entrance.rejectedPage(next.csrf), [sessionCookie(next.id)]);
  }

  private expired(): Answer {
    return html(200, entrance.sessionExpiredPage(), [endOfSessionCookie()]);
  }

  /** The account and period of a request; null when there is no such account, or the days are none. */
  private asked({ query }: Visit, books: readonly AccountBook[]) {
    const book = books.find(({ key }) => key === query.account);
    if (!book) return null;
    const from = query.from === undefined ? book.from : fromCompact(query.from);
    const to = query.to === undefined ? book.to : fromCompact(query.to);
    if (!from || !to || from > to || from > book.to || to < book.from) return null;
    return { book, period: periodOf(book, from, to) };
  }

  private booksOf(customer: Customer): readonly AccountBook[] {
    const today = this.deps.today();
    const of = `${customer.name} ${today}`;
    if (this.cached?.of !== of) this.cached = { of, books: booksOf(this.deps.seed, customer, today) };
    return this.cached.books;
  }
}

function same(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
