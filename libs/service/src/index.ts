export { type GroundOptions, groundOf, type ServiceDatabase } from './ground.js';
