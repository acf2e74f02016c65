/** By this name the workers of a run find what its global setup started. */
const RUN_FILE = 'ENISHI_TEST_RUN_FILE';

export function announceRun(file: string): void {
  process.env[RUN_FILE] = file;
}

export function announcedRun(): string {
  const file = process.env[RUN_FILE];
  if (!file) throw new Error('no test run has been set up: run this spec in the jest project "it", whose global setup starts Postgres');
  return file;
}

/** Where nats-server is kept between runs. */
export function natsCacheDir(fallback: string): string {
  return process.env.ENISHI_CACHE || fallback;
}

/** Folder of the cluster on which end-to-end tests run (`./enishi drill kubernetes`); undefined: on this machine. */
export function clusterOfRun(): string | undefined {
  return process.env.ENISHI_CLUSTER_DIR || undefined;
}

/** How often a test does what is done once and again: few times in `test`, any number in a drill. */
const DRILL_COUNT = 'ENISHI_DRILL_COUNT';

export function drillCount(inTest: number): number {
  return Number(process.env[DRILL_COUNT] ?? inTest);
}
