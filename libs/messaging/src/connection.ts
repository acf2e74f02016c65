import { platformError } from '@enishi/errors';
import { fromSeed } from '@nats-io/nkeys';
import { type Authenticator, connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { PING_INTERVAL_MS, RECONNECT_WAIT_MS } from './limits.js';

export interface NatsLogin {
  /** `nats://host:port` or `tls://host:port`. */
  url: string;
  /** Text of the NKey seed (`SU…`). A function is asked at each connection, so that a new key is taken up without a restart. */
  nkeySeed: string | (() => string);
  /** PEM of the CA that the server's certificate must chain to, read at each connection; its presence demands TLS. */
  caFile?: string | undefined;
}

/** How long a process tries to reach the bus when it starts, ms. Afterwards it never gives up. */
const FIRST_CONNECT_LIMIT_MS = 30_000;

/**
 * Connects, and stays connected without limit of tries: also through refused logins, for during a rotation of keys
 * the server may know the new key later than the process. Throws platform.not_available when the first try fails for long.
 */
export async function connectNats(
  { url, nkeySeed, caFile }: NatsLogin,
  { name, inboxPrefix, limitMs = FIRST_CONNECT_LIMIT_MS }: { name: string; inboxPrefix: string; limitMs?: number },
): Promise<NatsConnection> {
  const authenticator = followingAuthenticator(nkeySeed);
  const tls = caFile === undefined ? {} : { tls: { caFile } };
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await connect({
        servers: url,
        name,
        inboxPrefix,
        authenticator,
        ...tls,
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: 2,
        // A stack is made for every request otherwise, for an error that is rarely thrown: a third of the whole cost.
        noAsyncTraces: true,
        timeout: 5_000,
      });
    } catch (cause) {
      if (performance.now() >= deadline) throw platformError('not_available', 'The bus cannot be reached.', { cause });
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_WAIT_MS));
    }
  }
}

/** Signs with the seed of now. What is no seed is left alone, and the one before goes on: the client would end by it. */
function followingAuthenticator(nkeySeed: string | (() => string)): Authenticator {
  let inUse: Uint8Array | undefined;
  return nkeyAuthenticator(() => {
    const found = new TextEncoder().encode((typeof nkeySeed === 'string' ? nkeySeed : nkeySeed()).trim());
    try {
      fromSeed(found);
      inUse = found;
    } catch (error) {
      if (inUse === undefined) throw error;
    }
    return inUse;
  });
}
