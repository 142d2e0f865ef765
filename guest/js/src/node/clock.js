import { Socket } from './socket.js';

/** Unix milliseconds by the clock of the store: one for tests has its own, other than `Date`. */
export function unixMs(socket = Socket.ofEnvironment()) {
  return Number(socket.json({ method: 'GET', path: '/clock' }).now_ms);
}
