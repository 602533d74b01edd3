/** Nsight Systems SQLite exports, 2020 to 2026. */
import type { Profile } from '../../profile/model';

/** Reading goes through these in order; see protocol `Stage`. */
export type ReadStage = 'facts' | 'kernels' | 'complete';

export interface ReadOptions {
  /** Called as bytes are read, at most some thirty times a second. */
  onProgress?(stage: ReadStage, read: number, size: number): void;
  /**
   * Called when a stage is reached, with the profile as far as it is known:
   * tables not read yet are empty. The last call is for `complete`.
   */
  onStage?(stage: ReadStage, profile: Profile): void;
  signal?: AbortSignal;
}

/**
 * Reads an export. The file is opened read-only and nothing is left beside it.
 * @throws ReadFailure
 */
export declare function readNsys(path: string, options?: ReadOptions): Promise<Profile>;
