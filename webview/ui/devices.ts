/** How a device is called, the same everywhere. */
import type { OpenStatus } from '../../src/protocol/requests';

/**
 * Captures without device facts name devices by CUDA's number alone, which
 * need not be their place in our list.
 */
export function deviceLabel(index: number, name = ''): string {
  if (/^GPU \d+$/.test(name)) return name;
  return name === '' ? `GPU ${index}` : `GPU ${index} ${name}`;
}

export function deviceName(status: OpenStatus, index: number): string {
  return deviceLabel(index, status.devices.find((device) => device.index === index)?.name);
}
