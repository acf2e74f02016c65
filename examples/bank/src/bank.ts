/** The whole bank in one process: site, admin port and books. */
import { createAdmin } from './admin/admin.js';
import { Counters } from './admin/counters.js';
import { type Day, isDay, todayInJapan } from './ledger/calendar.js';
import { FIRST_TODAY, LAST_TODAY } from './ledger/ledger.js';
import { Authority, CLIENT_ISSUER } from './site/authority.js';
import { InternetBanking } from './site/internet-banking.js';
import { createSite } from './site/server.js';
import { Sessions } from './site/sessions.js';

export interface BankOptions {
  /** Holds the bank's authorities; made when it is not there. */
  readonly dir: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly adminPort: number;
  readonly seed: number;
  /** The bank's day; absent: today in Japan, going on at midnight. */
  readonly today?: Day;
  readonly idleSeconds: number;
}

export interface RunningBank {
  readonly origin: string;
  readonly adminUrl: string;
  /** PEM of the CA of the bank's server, and its file. */
  readonly ca: string;
  readonly caFile: string;
  readonly clientIssuer: string;
  readonly seed: number;
  readonly today: Day;
  close(): Promise<void>;
}

export async function startBank(options: BankOptions): Promise<RunningBank> {
  const { dir, port, adminPort, seed, idleSeconds } = options;
  const today = (): Day => options.today ?? todayInJapan(new Date());
  if (!isDay(today()) || today() < FIRST_TODAY || today() > LAST_TODAY)
    throw new RangeError(`today must be a day from ${FIRST_TODAY} to ${LAST_TODAY}`);
  const authority = await Authority.open(dir);
  const sessions = new Sessions(idleSeconds * 1_000);
  const counters = new Counters();
  const admin = createAdmin({ seed, today, sessions, counters });
  const { scenario } = admin;
  const banking = new InternetBanking({ seed, today, sessions, counters, scenario, customerOf: (serial) => authority.customerOf(serial) });
  const site = createSite({
    banking,
    server: await authority.issueForServer(),
    clientCaPem: authority.clientCaPem,
    counters,
    scenario,
  });
  const close = async (): Promise<void> => {
    await Promise.all([site.close(), admin.app.close()]);
  };
  try {
    const taken = await site.listen(port);
    const adminUrl = await admin.app.listen({ host: '127.0.0.1', port: adminPort });
    const { serverCaPem: ca, serverCaFile: caFile } = authority;
    return { origin: `https://localhost:${taken}`, adminUrl, ca, caFile, clientIssuer: CLIENT_ISSUER, seed, today: today(), close };
  } catch (error) {
    // One of the ports is taken: leave nothing listening.
    await close();
    throw error;
  }
}
