/** The thread that reads one profile and answers for it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SessionOptions, ToSession } from './messages';
import { NcuSession } from './ncu/session';
import { RuntimeSession } from './runtime/session';
import { Session } from './session';

const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread.');

const options = workerData as SessionOptions;
const KINDS = { timeline: Session, kernels: NcuSession, session: RuntimeSession };
const session = new KINDS[options.kind ?? 'timeline'](options, (message) =>
  port.postMessage(message),
);
port.on('message', (message: ToSession) => session.receive(message));
void session.run();
