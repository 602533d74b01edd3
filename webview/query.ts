/** A question a view keeps asking: again when its parameters or the part read so far change. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Failure } from '../src/profile/failure';
import type { Params, RequestName, Result, Stage } from '../src/protocol/requests';
import type { Core } from './core';
import { failureOf, isCancelled, Lane } from './client';

export class Query<K extends RequestName> implements ReactiveController {
  /** The latest answer, kept while the next one is on its way so that nothing jumps. */
  value?: Result<K>;
  failure?: Failure;
  pending = false;

  private readonly lane: Lane;
  private asked = '';

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly app: Core,
    private readonly name: K,
    private readonly from: Stage = 'complete',
  ) {
    this.lane = new Lane(app.client);
    host.addController(this);
  }

  hostDisconnected(): void {
    this.lane.cancel();
    if (this.pending) this.asked = '';
  }

  /** To be called when drawing; asks only where the question is a new one. */
  ask(params: Params<K>): this {
    if (!this.app.has(this.from)) return this;
    const question = JSON.stringify([this.app.revision, params]);
    if (question === this.asked) return this;
    this.asked = question;
    this.pending = true;
    this.failure = undefined;
    void this.run(params, question);
    return this;
  }

  private async run(params: Params<K>, question: string): Promise<void> {
    try {
      const value = await this.lane.call(this.name, params);
      if (question !== this.asked) return;
      this.value = value;
      this.pending = false;
    } catch (error) {
      if (isCancelled(error) || question !== this.asked) return;
      this.failure = failureOf(error);
      this.pending = false;
    }
    this.host.requestUpdate();
  }
}
