/** For jest, in every spec of a mutant: property tests that ask for it make few runs. What only many find by luck is not noticed. */
import fc from 'fast-check';

fc.configureGlobal({ numRuns: 20 });
