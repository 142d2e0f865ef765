// What package.json resolves by where it runs: in a component to what its host gives it, in Node.js
// to what stands for that.

declare module '#host/store.js' {
  export * from 'larder:kv/store@0.1.0';
}

declare module '#host/environment.js' {
  export function getEnvironment(): [name: string, value: string][];
}

declare module '#host/clock.js' {
  export function unixMs(binding: string): number;
}
