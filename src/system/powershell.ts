import { win32 } from 'node:path';

/** A program with its arguments, as `spawn` takes them. */
export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Windows PowerShell running `script`. It is the one that comes with Windows, by its full path, so that a file called
 * powershell.exe in a directory of downloads is never run. The script goes as base64 of UTF-16LE
 * (`-EncodedCommand`), so that no rule of quoting applies; it reads its input from its
 * environment.
 */
export function powershell(script: string, env: NodeJS.ProcessEnv): CommandLine {
  return {
    file: win32.join(systemRoot(env), 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
    args: [
      '-NoLogo',
      '-NoProfile',
      '-NonInteractive',
      '-EncodedCommand',
      Buffer.from(script, 'utf16le').toString('base64'),
    ],
  };
}

/** Where Windows is. */
export function systemRoot(env: NodeJS.ProcessEnv): string {
  return env.SystemRoot ?? 'C:\\Windows';
}
