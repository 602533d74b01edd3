/** One sentence for each kind of file that is no ncu page: what it is, and what to do. */
import { ReadFailure } from '../failure';

/** What the lines before a header that never came have shown. */
export class Preamble {
  lines = 0;
  private profiled = false;
  private permission = false;
  private report = '';
  private error = '';
  private noKernels = false;
  private firstLine = '';
  private attached = 0;
  private otherPage = '';

  add(line: string): void {
    this.lines++;
    if (this.firstLine === '') this.firstLine = line.replace(/^\uFEFF/, '').trim();
    if (line.includes('ERR_NVGPUCTRPERM')) this.permission = true;
    if (line.includes('No kernels were profiled')) this.noKernels = true;
    if (this.otherPage === '') this.otherPage = otherPage(line);
    if (!/^\uFEFF?==[A-Z]+==/.test(line)) return;
    this.profiled = true;
    if (line.includes('Connected to process')) this.attached++;
    const report = /==PROF== Report: (.+)$/.exec(line);
    if (report !== null) this.report = report[1].trim();
    const error = /==ERROR== (.+)$/.exec(line);
    if (error !== null && this.error === '') this.error = error[1].trim();
  }

  refusal(path: string): ReadFailure {
    if (this.permission) {
      return new ReadFailure(
        'not-a-profile',
        `${path} holds no kernel: the driver refused access to the GPU's counters (ERR_NVGPUCTRPERM). Run ncu as an administrator, or have the driver option NVreg_RestrictProfilingToAdminUsers=0 set.`,
      );
    }
    if (this.report !== '') {
      return new ReadFailure(
        'not-a-profile',
        `${path} holds only ncu's messages: the results went to ${this.report}. Print them with "ncu --import ${this.report} --page raw --csv".`,
      );
    }
    if (this.profiled || this.noKernels) {
      const found = this.error === '' ? '' : ` ncu said: ${this.error}`;
      return new ReadFailure(
        'not-a-profile',
        `${path} holds only ncu's messages: no kernel was captured${this.attached > 0 ? `, though ncu was attached to ${this.attached} ${this.attached === 1 ? 'process' : 'processes'}` : ''}.${found} Usual causes: the kernels ran in a child process (--target-processes all), no name matched --kernel-name (which matches the short name unless --kernel-name-base demangled), --launch-skip was not reached, or --profile-from-start off and cudaProfilerStart was never called.`,
      );
    }
    if (this.otherPage !== '') {
      return new ReadFailure(
        'not-a-profile',
        `${path} is ncu's ${this.otherPage} page, which holds no metrics of launches. Print the raw page with "ncu --import FILE.ncu-rep --page raw --csv".`,
      );
    }
    if (looksProcessed(this.firstLine)) {
      return new ReadFailure(
        'not-a-profile',
        `${path} was made from Nsight Compute results by another program and is no page of ncu any more. Open the .ncu-rep itself, or what "ncu --import FILE.ncu-rep --page raw --csv" prints.`,
      );
    }
    return new ReadFailure(
      'not-a-profile',
      `${path} is not a Nsight Compute CSV: it has no header with "ID" and "Kernel Name". Expected is what "ncu --import FILE.ncu-rep --page raw --csv" (or --page details) prints.`,
    );
  }
}

/** Pages that are printed with --csv as well, by their header: one of lines of code, or of settings. */
function otherPage(line: string): string {
  if (
    /^"(?:#|Address|Line No)"[,;].*"Source"[,;]/.test(line) ||
    /"Source"[,;]"[^"]*Warp Stall/.test(line)
  )
    return 'source';
  return /^"Launch Attribute"[,;]"Value"/.test(line) ? 'session' : '';
}

/** A table whose header speaks of ncu's metrics, but not in ncu's form. */
function looksProcessed(header: string): boolean {
  const fields = header.split(/[,;\t]/);
  if (fields.length < 3) return false;
  return (
    /\b(?:sm|smsp|dram|lts|l1tex|gpu|launch)__\w+/.test(header) ||
    /kernel|occupancy|cache hit rate|metric name/i.test(header)
  );
}

/** A binary file by its first bytes, or undefined. */
export function refuseBinary(path: string, head: Buffer): ReadFailure | undefined {
  const start = head.toString('latin1');
  if (start.startsWith('NVR')) {
    return new ReadFailure(
      'not-a-profile',
      `${path} is an ncu report, not a CSV. Print it with "ncu --import ${path} --page raw --csv".`,
    );
  }
  if (start.startsWith('SQLite format 3')) {
    return new ReadFailure(
      'not-a-profile',
      `${path} is an SQLite database, not a Nsight Compute CSV; open it as a Nsight Systems profile.`,
    );
  }
  const marked = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (!marked && head.includes(0)) {
    return new ReadFailure(
      'not-a-profile',
      `${path} is a binary file, not a Nsight Compute CSV. Print the report with "ncu --import FILE.ncu-rep --page raw --csv".`,
    );
  }
  return undefined;
}
