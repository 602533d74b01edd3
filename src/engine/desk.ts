/**
 * Where questions wait until they can be answered. They are answered one at a
 * time, with a pause between them in which a cancellation or a newer question
 * can arrive.
 */
import type { Failure } from '../profile/failure';
import type { Call, FromWorker } from '../protocol/messages';
import type { RequestName, Result } from '../protocol/requests';
import { checkToWorker } from '../protocol/validate';
import { toFailure } from './failure';
import type { ToSession } from './messages';

export interface Answers {
  /** Whether the question can be answered, or refused, by now. */
  isReady(call: Call): boolean;
  /** @throws RequestFailure */
  answer(call: Call): Result<RequestName> | Promise<Result<RequestName>>;
}

export class Desk {
  private readonly waiting: Call[] = [];
  private pumping = false;

  constructor(
    private readonly send: (message: FromWorker) => void,
    private readonly answers: Answers,
  ) {}

  receive(message: Exclude<ToSession, { kind: 'configure' }>): void {
    const checked = checkToWorker(message);
    if (!checked.ok) {
      if (checked.id !== undefined) this.refuse(checked.id, checked.error);
      return;
    }
    if (checked.message.kind === 'cancel') this.cancel(checked.message.id);
    else {
      this.waiting.push(checked.message);
      this.pump();
    }
  }

  /** Answers what can be answered, each after the messages that came meanwhile. */
  pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      const index = this.waiting.findIndex((call) => this.answers.isReady(call));
      if (index < 0) return;
      const [call] = this.waiting.splice(index, 1);
      this.answer(call);
      this.pump();
    });
  }

  clear(): void {
    this.waiting.length = 0;
  }

  private cancel(id: number): void {
    const index = this.waiting.findIndex((call) => call.id === id);
    if (index < 0) return;
    this.waiting.splice(index, 1);
    this.refuse(id, { code: 'cancelled', message: 'The request was cancelled.' });
  }

  private answer(call: Call): void {
    try {
      const result = this.answers.answer(call);
      if (result instanceof Promise) this.answerLater(call.id, result);
      else this.send({ kind: 'answer', id: call.id, ok: true, result });
    } catch (error) {
      this.refuse(call.id, toFailure(error));
    }
  }

  /** What takes long, such as reading another file, keeps nobody waiting. */
  private answerLater(id: number, later: Promise<Result<RequestName>>): void {
    later.then(
      (result) => this.send({ kind: 'answer', id, ok: true, result }),
      (error: unknown) => this.refuse(id, toFailure(error)),
    );
  }

  private refuse(id: number, error: Failure): void {
    this.send({ kind: 'answer', id, ok: false, error });
  }
}
