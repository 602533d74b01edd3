/** What travels between the parties: calls, answers, events. */
import type { Failure } from '../profile/failure';
import type { ProfilePlace } from './place';
import type { RunAction, ShownRun } from './run';
import type { OpenStatus, Params, Progress, RequestName, Result } from './requests';

export type Call = {
  [K in RequestName]: {
    readonly kind: 'call';
    readonly id: number;
    readonly name: K;
    readonly params: Params<K>;
  };
}[RequestName];

/** The caller no longer wants the answer to call `id`. */
export interface Cancel {
  readonly kind: 'cancel';
  readonly id: number;
}

export type Answer =
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly ok: true;
      readonly result: Result<RequestName>;
    }
  | { readonly kind: 'answer'; readonly id: number; readonly ok: false; readonly error: Failure };

/** From the worker, unasked. */
export type EngineEvent =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'stage'; readonly status: OpenStatus }
  | { readonly kind: 'failed'; readonly error: Failure };

/** From the editor to the webview, besides answers and engine events. */
export type HostEvent =
  /** The file was written to after it was read. */
  | { readonly kind: 'changed' }
  /** Before there is a profile: converting a report, with the last lines of the tool's output. */
  | { readonly kind: 'converting'; readonly command: string; readonly line: string }
  /** Go to a place, e.g. from a command or a link. */
  | { readonly kind: 'reveal'; readonly place: ProfilePlace }
  /** Save the selected window as a trace of its own: only the view knows it. */
  | { readonly kind: 'saveTrimmed' }
  /** The run that the profile belongs to; undefined where it is no longer known to. */
  | { readonly kind: 'run'; readonly run: ShownRun | undefined }
  /** The traces of one run that lie side by side, and which of them is shown. */
  | { readonly kind: 'ranks'; readonly ranks: readonly RankFile[]; readonly shown: number };

export interface RankFile {
  readonly rank: number;
  /** Without its folder. */
  readonly name: string;
}

/** What a webview may ask of the editor itself. */
export type HostAction =
  | { readonly kind: 'action'; readonly action: 'ready' }
  | {
      readonly kind: 'action';
      readonly action:
        | 'reload'
        | 'openFolder'
        | 'openWith'
        | 'openSettings'
        | 'openSample'
        | 'profileModel'
        | 'cancel'
        /** Asks for another file to be read beside this one, or lets it go. */
        | 'link'
        | 'unlink'
        /** Reads the traces of all ranks of the run, to be set side by side. */
        | 'readRanks'
        /** GPU time beside lines of Python, in the editors that show them. */
        | 'showHeat'
        | 'clearHeat';
    }
  | { readonly kind: 'action'; readonly action: 'copy'; readonly text: string }
  /** Opens the linked timeline; the window is in this profile's time. */
  | { readonly kind: 'action'; readonly action: 'openLinked'; readonly place: ProfilePlace }
  /** A file of the run, as it was told. */
  | { readonly kind: 'action'; readonly action: 'openRunPart'; readonly file: string }
  | { readonly kind: 'action'; readonly action: 'actOnRun'; readonly what: RunAction }
  /** By its place among the ranks that were told. */
  | { readonly kind: 'action'; readonly action: 'showRank'; readonly rank: number }
  | {
      readonly kind: 'action';
      readonly action: 'saveTrimmed';
      readonly window: readonly [start: number, end: number];
    }
  /** A place as the trace has it; the host looks for it in the workspace. */
  | {
      readonly kind: 'action';
      readonly action: 'openSource';
      readonly file: string;
      readonly line: number;
    }
  /** One kernel under ncu; the person names the program and sees the command before it runs. */
  | {
      readonly kind: 'action';
      readonly action: 'profileKernel';
      readonly options: readonly string[];
      readonly report: string;
      readonly program: readonly string[];
    }
  | {
      readonly kind: 'action';
      readonly action: 'save';
      readonly name: string;
      readonly text: string;
      /** For pictures: the bytes, as `text` spells them. */
      readonly encoding?: 'base64';
    };

export type ToWebview = Answer | EngineEvent | HostEvent;
export type FromWebview = Call | Cancel | HostAction;
export type ToWorker = Call | Cancel;
export type FromWorker = Answer | EngineEvent;
