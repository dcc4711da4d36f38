import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { oneLine } from './one-line.ts';
import { type CommandLine, powershell, systemRoot } from './powershell.ts';
import { OWN_GROUP, signalGroup } from './process-group.ts';

/** A program that was told to end and does not is killed after this time. */
const GRACE_MS = 2_000;

/** Keeps the machine awake until it is disposed of; asynchronous disposal also waits for the program to end. */
export interface KeepAwake extends Disposable, AsyncDisposable {
  /** Whether the operating system agreed. Never rejects; waiting for it keeps no process alive. */
  readonly held: Promise<boolean>;
}

/** A program that keeps the machine awake while it runs. */
interface Means extends CommandLine {
  /** Its name in notices. */
  readonly name: string;
  /** A command that shows why it does not work. */
  readonly ask: string;
  /** What shows that it works: that it runs, or that it has written output. */
  readonly holdsOnce: 'started' | 'written';
  readonly directory: string;
}

/** ES_CONTINUOUS | ES_SYSTEM_REQUIRED hold for the life of the calling thread, which here ends with stdin. */
const WINDOWS_SCRIPT = `
$ErrorActionPreference = 'Stop'
$kernel = Add-Type -Name Kernel -Namespace Dragonload -PassThru -MemberDefinition '
[System.Runtime.InteropServices.DllImport("kernel32.dll")]
public static extern uint SetThreadExecutionState(uint flags);'
if ($kernel::SetThreadExecutionState([uint32]2147483649) -eq 0) { exit 1 }
[Console]::Out.WriteLine('held')
[void][Console]::In.ReadToEnd()
`;

/**
 * The programs to try one after the other. All end with process `pid`, however that ends:
 *
 * - Linux: systemd-inhibit(1) around cat(1), which lives until its stdin ends, and so as long as this process. An
 *   answer of cat shows that the lock is held. Over SSH only the lock against idling may be allowed, so that comes
 *   second.
 * - macOS: caffeinate(8), which waits for the process itself.
 * - Windows: SetThreadExecutionState of the Windows API, called by a PowerShell that waits for the end of its stdin.
 */
export function waysToStayAwake(
  platform: NodeJS.Platform,
  reason: string,
  pid: number,
  env: NodeJS.ProcessEnv,
): readonly Means[] {
  if (platform === 'darwin') {
    const args = ['-i', '-w', String(pid)];
    const names = { file: '/usr/bin/caffeinate', name: 'caffeinate', ask: 'caffeinate -i true' };
    return [{ ...names, args, holdsOnce: 'started', directory: '/' }];
  }
  if (platform === 'win32') {
    const names = { name: 'PowerShell', ask: 'powercfg /requests' };
    const directory = systemRoot(env);
    return [{ ...powershell(WINDOWS_SCRIPT, env), ...names, holdsOnce: 'written', directory }];
  }
  return ['idle:sleep', 'idle'].map((what) => ({
    file: 'systemd-inhibit',
    args: [`--what=${what}`, '--who=Dragonload', `--why=${oneLine(reason, 120)}`, '--mode=block', 'cat'],
    name: 'systemd-inhibit',
    ask: `systemd-inhibit --what=${what} true`,
    holdsOnce: 'written',
    directory: '/',
  }));
}

/**
 * Keeps the machine from falling asleep by itself until it is disposed of or this process ends, killed or not. The
 * screen may still go dark. Where no program does that (a container, a machine without logind), or it is refused or
 * ended, `onNotice` gets one sentence, and nothing is tried again. Never fails, and never keeps this process alive.
 */
export function keepAwake(reason: string, onNotice: (sentence: string) => void = () => {}): KeepAwake {
  return new Holder(waysToStayAwake(process.platform, reason, process.pid, process.env), onNotice);
}

class Holder implements KeepAwake {
  readonly held: Promise<boolean>;
  readonly #settle: (held: boolean) => void;
  readonly #onNotice: (sentence: string) => void;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #released = false;

  constructor(means: readonly Means[], onNotice: (sentence: string) => void) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.held = promise;
    this.#settle = resolve;
    this.#onNotice = onNotice;
    this.#try(means);
  }

  #try([means, ...others]: readonly Means[]): void {
    if (means === undefined) return;
    const child = begin(means);
    if (child === undefined) {
      this.#giveUp(`The machine may fall asleep meanwhile: ${means.name} cannot be started.`);
      return;
    }
    this.#child = child;
    let holds = false;
    const hold = (): void => {
      holds = true;
      child.stdout?.destroy();
      this.#settle(true);
    };
    if (means.holdsOnce === 'started') child.once('spawn', hold);
    else child.stdout?.once('data', hold);
    this.#ended = new Promise((resolve) => {
      child.on('error', () => {
        resolve();
        this.#giveUp(`The machine may fall asleep meanwhile: there is no ${means.name} that can be started.`);
      });
      child.once('exit', () => {
        child.stdin?.destroy();
        child.stdout?.destroy();
        resolve();
        if (this.#released) return;
        if (holds) this.#giveUp(`The machine may fall asleep from now on: ${means.name} has ended.`);
        else if (others.length > 0) this.#try(others);
        else this.#giveUp(`The machine may fall asleep meanwhile: ${means.name} refuses. See: ${means.ask}`);
      });
    });
  }

  #giveUp(sentence: string): void {
    this.#settle(false);
    if (!this.#released) this.#onNotice(sentence);
  }

  [Symbol.dispose](): void {
    this.#released = true;
    this.#settle(false);
    const child = this.#child;
    if (child === undefined) return;
    child.stdin?.destroy();
    signalGroup(child, 'SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    const kill = setTimeout(() => this.#child && signalGroup(this.#child, 'SIGKILL'), GRACE_MS);
    await this.#ended;
    clearTimeout(kill);
  }
}

/** Starts a program; neither it nor its pipes keep this process alive. */
function begin({ file, args, directory, holdsOnce }: Means): ChildProcess | undefined {
  let child: ChildProcess;
  try {
    child = spawn(file, args, { ...OWN_GROUP, cwd: directory, stdio: ['pipe', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
  child.unref();
  for (const stream of [child.stdin, child.stdout]) {
    stream?.on('error', () => {});
    (stream as Socket | null)?.unref();
  }
  // Input that cat echoes.
  if (holdsOnce === 'written') child.stdin?.write('\n');
  return child;
}
