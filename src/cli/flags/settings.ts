import type { QueueOptions, TaskOptions } from '../../engine/base/task.ts';
import type { CommandName } from './commands.ts';

/** What a command line asks for, beside what to download. */
export interface RunSettings {
  readonly options: TaskOptions;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  /** What is to be said first. */
  readonly warnings?: readonly string[];
}

/** The flags as the parser hands them over, each under its long name. Switches that begin with `no` are false when given. */
export interface Parsed {
  readonly dir?: string;
  readonly output?: string;
  readonly name?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly port?: number;
  readonly limit?: number;
  readonly limitEach?: number;
  readonly quota?: number;
  readonly connections?: number;
  readonly checksum?: string;
  readonly mirror?: readonly string[];
  readonly lookup?: boolean;
  readonly yes?: boolean;
  readonly allowPrivate?: boolean;
  readonly stay?: boolean;
  readonly input?: string;
  readonly concurrent?: number;
  readonly perHost?: number;
  readonly retries?: number;
  readonly priority?: number;
  readonly category?: readonly (readonly [string, string])[];
  readonly import?: string;
  readonly at?: string;
  readonly between?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly userAgent?: string;
  readonly referer?: string;
  readonly cookies?: string;
  readonly netrc?: string | true;
  readonly proxy?: string;
  readonly noproxy?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly interface?: string;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  readonly onComplete?: string;
  readonly notify?: boolean;
  readonly keepAwake?: boolean;
}

/** How a run is carried out and told about. */
export function runSettingsOf(way: CommandName, parsed: Parsed): RunSettings {
  const { output, checksum, ...common } = taskOptionsOf(parsed);
  const warnings = parsed.insecure ? [INSECURE] : [];
  return {
    // What belongs to a single `get` goes with its job, which the list of downloads keeps.
    options: way === 'get' ? common : { ...common, ...defined({ output, checksum }) },
    json: parsed.json ?? false,
    quiet: parsed.quiet ?? false,
    yes: parsed.yes ?? false,
    warnings,
  };
}

const INSECURE =
  'Warning: with --insecure nobody checks who the origin is; anyone on the way may have changed the file.';

/** What the engine is to be told. What was not given is left out, so that its own defaults hold. */
export function taskOptionsOf(parsed: Parsed): TaskOptions {
  const request = requestOptionsOf(parsed);
  const queue = queueOptionsOf(parsed);
  return defined({
    directory: parsed.dir,
    output: parsed.output,
    name: parsed.name,
    port: parsed.port,
    limitRate: parsed.limit,
    quotaBytes: parsed.quota,
    connections: parsed.connections,
    checksum: parsed.checksum,
    allowPrivate: parsed.allowPrivate,
    stay: parsed.stay,
    lookUpDigests: parsed.lookup === false ? false : undefined,
    keepAwake: parsed.keepAwake === false ? false : undefined,
    onComplete: parsed.onComplete,
    notify: parsed.notify,
    request: Object.keys(request).length > 0 ? request : undefined,
    queue: Object.keys(queue).length > 0 ? queue : undefined,
  });
}

function requestOptionsOf(parsed: Parsed): NonNullable<TaskOptions['request']> {
  return defined({
    headers: parsed.header,
    userAgent: parsed.userAgent,
    referer: parsed.referer,
    cookieFile: parsed.cookies,
    netrc: parsed.netrc,
    proxy: parsed.proxy,
    noProxy: parsed.noproxy,
    caFile: parsed.ca,
    certificateFile: parsed.cert,
    keyFile: parsed.key,
    insecure: parsed.insecure,
    interface: parsed.interface,
    family: parsed.ipv4 ? 4 : parsed.ipv6 ? 6 : undefined,
  });
}

function queueOptionsOf(parsed: Parsed): QueueOptions {
  return defined({
    concurrent: parsed.concurrent,
    perHost: parsed.perHost,
    retries: parsed.retries,
    startAt: parsed.at,
    window: parsed.between,
    categories: parsed.category,
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
