import { spawn } from 'node:child_process';
import { oneLine } from './one-line.ts';
import { type CommandLine, powershell } from './powershell.ts';
import { OWN_GROUP, signalGroup } from './process-group.ts';

/** Longest time for the program that shows notifications, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** In characters; longer texts are cut. */
const MAX_TITLE = 100;
const MAX_BODY = 300;

/** The last two arguments are the texts. */
const MAC_SCRIPT = [
  'on run texts',
  'display notification (item -1 of texts) with title (item -2 of texts)',
  'end run',
];

/** A toast of the Windows Runtime under the name of PowerShell, since a program without an installer has no name. */
const WINDOWS_SCRIPT = `
$ErrorActionPreference = 'Stop'
$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$null = [Windows.Data.Xml.Dom.XmlDocument, Windows.Data.Xml.Dom.XmlDocument, ContentType = WindowsRuntime]
$content = [xml]'<toast><visual><binding template="ToastGeneric"><text/><text/></binding></visual></toast>'
$texts = $content.GetElementsByTagName('text')
$texts.Item(0).InnerText = $env:DRAGONLOAD_TITLE
$texts.Item(1).InnerText = $env:DRAGONLOAD_BODY
$document = New-Object Windows.Data.Xml.Dom.XmlDocument
$document.LoadXml($content.OuterXml)
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
$toast = New-Object Windows.UI.Notifications.ToastNotification $document
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($toast)
`;

/** The command that shows a notification, and its additional environment. The texts are never code in it. */
export function notificationCommand(
  platform: NodeJS.Platform,
  title: string,
  body: string,
  env: NodeJS.ProcessEnv,
): CommandLine & { readonly env: Readonly<Record<string, string>> } {
  title = oneLine(title, MAX_TITLE);
  body = oneLine(body, MAX_BODY);
  if (platform === 'darwin') {
    const script = MAC_SCRIPT.flatMap((line) => ['-e', line]);
    return { file: '/usr/bin/osascript', args: [...script, '--', title, body], env: {} };
  }
  if (platform === 'win32') {
    return { ...powershell(WINDOWS_SCRIPT, env), env: { DRAGONLOAD_TITLE: title, DRAGONLOAD_BODY: body } };
  }
  return { file: 'notify-send', args: ['--app-name=Dragonload', '--', title, asMarkup(body)], env: {} };
}

/**
 * The body is markup by the Desktop Notifications Specification, and notify-send(1) also resolves escapes such as
 * `\n` in it (`g_strcompress` in its source). The title has neither.
 */
function asMarkup(body: string): string {
  return body
    .replaceAll('\\', '\\\\')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/**
 * Shows a notification on the desktop: notify-send(1), osascript(1) on macOS, a toast on Windows. Resolves with whether
 * it worked; without a desktop it does not, which is not an error. Never throws, and takes 5 s at most. The texts may
 * come from anywhere: they are shown literally, on one line, and cut when they are long.
 */
export function notify(title: string, body: string, timeoutMs = TIMEOUT_MS): Promise<boolean> {
  const command = notificationCommand(process.platform, title, body, process.env);
  return new Promise((resolve) => {
    try {
      const env = { ...process.env, ...command.env };
      const child = spawn(command.file, command.args, { ...OWN_GROUP, env, stdio: 'ignore' });
      const timer = setTimeout(() => {
        signalGroup(child, 'SIGKILL');
        child.unref();
        resolve(false);
      }, timeoutMs);
      const end = (shown: boolean): void => {
        clearTimeout(timer);
        resolve(shown);
      };
      child.on('error', () => end(false));
      child.once('exit', (code) => end(code === 0));
    } catch {
      resolve(false);
    }
  });
}
