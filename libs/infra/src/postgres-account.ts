/** As whom Postgres runs: it refuses to run as root. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InfraError } from './infra-error.js';

export interface PostgresAccount {
  /** Undefined when this process is not root: the server then runs as the same user. */
  uid?: number;
  gid?: number;
  /** Words before the program, when changing the user is not enough. */
  prefix: string[];
}

/**
 * Not root: ourselves. Root: the user `postgres` where there is one, else `nobody` (nothing is changed on the machine).
 * A checkout under a directory that only root may enter (a 0700 home or temporary directory) cannot be reached by that
 * user; then the program is given the right to pass directories, and only that, with setpriv (util-linux).
 */
export function postgresAccount(paths: string[]): PostgresAccount {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const ids = idsOf('postgres') ?? idsOf('nobody');
  if (!ids)
    throw new InfraError(
      'infra.postgres_no_account',
      'Postgres does not run as root, and there is no user postgres or nobody to run it as',
    );
  const closed = paths.map((path) => firstClosed(path, ids)).find((path) => path !== null);
  if (closed === undefined) return { ...ids, prefix: [] };
  const words = [
    '--reuid',
    String(ids.uid),
    '--regid',
    String(ids.gid),
    '--clear-groups',
    '--securebits',
    '+no_setuid_fixup',
    '--inh-caps',
    '+dac_override',
    '--ambient-caps',
    '+dac_override',
    '--',
  ];
  // no_setuid_fixup: without it access(2), by which Postgres looks for its own programs, forgets the right again.
  const works = spawnSync('setpriv', [...words, 'true']).status === 0;
  if (!works) {
    throw new InfraError(
      'infra.postgres_dir_closed',
      `Postgres does not run as root, and the user it would run as may not enter ${closed}: move the checkout to a directory that others may enter, or work as a user other than root`,
    );
  }
  // setpriv changes the user itself, and needs to be root for it.
  return { uid: 0, gid: 0, prefix: ['setpriv', ...words] };
}

/** Whom the data directory has to belong to. */
export function ownerOf(account: PostgresAccount): { uid: number; gid: number } | null {
  if (account.uid === undefined) return null;
  return account.prefix.length === 0 ? { uid: account.uid, gid: account.gid ?? 0 } : (idsOf('postgres') ?? idsOf('nobody'));
}

function idsOf(name: string): { uid: number; gid: number } | null {
  const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
  const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
  if (uid.status !== 0 || gid.status !== 0) return null;
  return { uid: Number(uid.stdout.trim()), gid: Number(gid.stdout.trim()) };
}

/** The first directory on the way to `path` that these ids may not pass through; null when the way is open. */
function firstClosed(path: string, ids: { uid: number; gid: number }): string | null {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const { mode, uid, gid } = statSync(dir);
    const open = uid === ids.uid ? mode & 0o100 : gid === ids.gid ? mode & 0o010 : mode & 0o001;
    if (!open) return dir;
    if (dir === dirname(dir)) return null;
  }
}
