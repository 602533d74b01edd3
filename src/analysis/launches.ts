/** From work on the device back to the call that asked for it. */
import type { Profile } from '../profile/model';

/**
 * For each activity the row of `profile.api` with the same process and
 * correlation id, or NONE (-1). All kernels of one graph replay share a row.
 */
export interface LaunchLinks {
  readonly kernels: Int32Array;
  readonly memcpys: Int32Array;
  readonly memsets: Int32Array;
  readonly graphTraces: Int32Array;
}

export declare function linkLaunches(profile: Profile): LaunchLinks;
