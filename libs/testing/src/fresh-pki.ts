/** File paths, laid out as the launcher lays out `.enishi/pki`. */
export interface FreshPki {
  dir: string;
  rootFile: string;
  rootKeyFile: string;
  orderKeyFile: string;
  orderKeyStatementFile: string;
  resultKeyFile: string;
  resultKeyStatementFile: string;
  connectorKeyFile: string;
  connectorKeyStatementFile: string;
  storageKeyFile: string;
  internalKeyFile: string;
  internalJwksFile: string;
  tlsCaFile: string;
  tlsCertFile: string;
  tlsKeyFile: string;
  /** Thumbprint of the root, as in an enrolment code. */
  rootThumbprint: string;
}

export async function freshPki(dir: string): Promise<FreshPki> {
  throw new Error(`not built yet: ${dir}`);
}
