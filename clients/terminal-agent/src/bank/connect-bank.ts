/** Opens mutual TLS to the bank: the address is vetted after DNS and connected to as vetted, and the bank has seen the certificate before a byte is sent. (A2) */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { OrderRefused } from '../order/refusal.js';
import { systemTrust } from '../system-trust.js';
import { mayConnectTo } from './addresses.js';
import { BankFailure, isNoEntry, mostTelling, nameFailure } from './bank-failure.js';

/**
 * With TLS 1.3 the client is done before the server has judged its certificate. A server that accepts it sends session
 * tickets, one that does not closes. So the request waits for either, at most this long.
 */
export const CERTIFICATE_VERDICT_MS = 400;

export interface BankDoor {
  readonly url: URL;
  /** Development connector under a development root. */
  readonly development: boolean;
  /** PEM; undefined: the system's trust store. */
  readonly serverCa: string | undefined;
  readonly certificate: { readonly certPem: string; readonly keyPem: string };
}

/** Name resolution, replaceable so that a test can play a name that leads elsewhere. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;
export const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** @throws OrderRefused when any address is one that a bank cannot have */
async function vettedAddresses(door: BankDoor, resolve: Resolve): Promise<string[]> {
  const host = door.url.hostname;
  const found = isIP(host) ? [{ address: host }] : await resolve(host);
  if (found.length === 0) throw new BankFailure('PC_NETWORK_DOWN', 'ENOTFOUND', 'connecting');
  // One bad address among good ones is a name under attack (DNS rebinding), not a bank to pick the good one of.
  if (!found.every(({ address }) => mayConnectTo(address, door.development)))
    throw new OrderRefused('check-address', 'the name of the bank leads to an address that is not public');
  return found.map(({ address }) => address);
}

/** The resolver of the system cannot be called off; its late answer is let go. */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new BankFailure('BANK_TIMEOUT', 'no connection in time', 'connecting'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** @throws BankFailure (BANK_TIMEOUT when `signal` aborts), OrderRefused */
export async function connectBank(door: BankDoor, signal: AbortSignal, resolve: Resolve = systemResolve): Promise<TLSSocket> {
  let addresses: string[];
  try {
    addresses = await inTime(vettedAddresses(door, resolve), signal);
  } catch (error) {
    throw error instanceof OrderRefused ? error : nameFailure(error, 'connecting');
  }
  const failures: BankFailure[] = [];
  for (const address of addresses) {
    try {
      return await handshake(door, address, signal);
    } catch (error) {
      // The next address is tried only when this one did not let us in at all.
      if (!(error instanceof BankFailure) || !isNoEntry(error)) throw error;
      failures.push(error);
    }
  }
  throw mostTelling(failures);
}

function handshake(door: BankDoor, address: string, signal: AbortSignal): Promise<TLSSocket> {
  const host = door.url.hostname;
  return new Promise((resolve, reject) => {
    let phase: 'connecting' | 'handshake' = 'connecting';
    let secure = false;
    let verdict: NodeJS.Timeout | undefined;
    const socket = connect({
      // As vetted: a name given here would be resolved once more, and could lead elsewhere by now.
      host: address,
      port: Number(door.url.port || 443),
      // The name that the certificate must carry, whatever address was connected to. An address has no SNI.
      ...(isIP(host) ? {} : { servername: host }),
      ca: door.serverCa ?? systemTrust(),
      cert: door.certificate.certPem,
      key: door.certificate.keyPem,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
    });
    const settle = (failure?: BankFailure) => {
      clearTimeout(verdict);
      signal.removeEventListener('abort', onAbort);
      // Only ours: the socket listens to itself too.
      socket.off('connect', onConnect).off('secureConnect', onSecure).off('session', onTickets);
      socket.off('error', onError).off('end', onClosed).off('close', onClosed);
      // Who uses the socket listens too; one that breaks between two listeners must not end the process.
      socket.on('error', () => undefined);
      if (!failure) return resolve(socket);
      socket.destroy();
      reject(failure);
    };
    const onClosed = () =>
      settle(
        secure
          ? new BankFailure('CERT_REJECTED_BY_BANK', 'the bank closed the connection when it was shown the certificate', 'handshake')
          : new BankFailure('BANK_DOWN', 'the bank closed the connection', phase),
      );
    const onError = (error: Error) => settle(nameFailure(error, phase));
    // Not at once: within this event OpenSSL is still reading, and what is written now would lie there until the next read.
    const onTickets = () => setImmediate(settle);
    const onConnect = () => {
      phase = 'handshake';
    };
    const onSecure = () => {
      if (socket.getProtocol() !== 'TLSv1.3') return settle();
      secure = true;
      socket.on('session', onTickets);
      verdict = setTimeout(onTickets, CERTIFICATE_VERDICT_MS);
    };
    const onAbort = () => settle(new BankFailure('BANK_TIMEOUT', 'no connection in time', phase));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    socket.on('connect', onConnect).on('secureConnect', onSecure);
    socket.on('error', onError).on('end', onClosed).on('close', onClosed);
  });
}
