/** The thread that reads one profile and answers for it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SessionOptions, ToSession } from './messages';
import { Session } from './session';

const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread.');

const session = new Session(workerData as SessionOptions, (message) => port.postMessage(message));
port.on('message', (message: ToSession) => session.receive(message));
void session.run();
