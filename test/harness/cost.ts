/** What work costs, in milliseconds of processor time: those of the clock tell how busy a machine is. */
export async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
