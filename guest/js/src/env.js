export function makeEnv({ vars }) { return Object.fromEntries(vars); }
