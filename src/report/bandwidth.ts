/** How fast copies and fills went, and that a figure can not be true where it can not. */
import type { TransferRow } from '../analysis/transfers';
import { formatBandwidth } from '../profile/format';

export const IMPOSSIBLE_NOTE = 'as recorded; more than any memory can do';

export const bandwidthText = ({ bandwidth, impossible }: TransferRow): string =>
  `${formatBandwidth(bandwidth)}${impossible ? ` (${IMPOSSIBLE_NOTE})` : ''}`;
