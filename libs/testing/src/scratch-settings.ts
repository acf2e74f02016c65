/** Of a Postgres whose data nobody will miss: nothing in it is worth an fsync. A killed server still finds all that was committed. */
export const SCRATCH_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
