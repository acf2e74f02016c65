/** What programs that this lib runs (go, pip, tar) are given: their proxies, indexes and caches are the user's own settings. */
export function inheritedEnv(): NodeJS.ProcessEnv {
  return process.env;
}
