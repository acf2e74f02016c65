/** Told to the platform at enrolment and at each session; the version of package.json (a test compares the two). */
export const AGENT_VERSION = '0.1.0';
