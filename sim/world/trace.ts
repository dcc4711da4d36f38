import type { Command, Event } from '../../src/core/contract.ts';
import type { Message } from '../../src/core/messages.ts';
import type { Context } from '../network/context.ts';

/** An event in a few words; members by their short names. */
export function describeEvent(world: Context, event: Event): string {
  return event.type === 'message'
    ? `${nameOf(world, event.from)}: ${describeMessage(world, event.message)}`
    : plain(world, event);
}

/** A command in a few words. */
export function describeCommand(world: Context, command: Command): string {
  if (command.type !== 'send') return plain(world, command);
  return `${nameOf(world, command.to)}: ${describeMessage(world, command.message)}`;
}

function describeMessage(world: Context, message: Message): string {
  if (message.type !== 'roster') return plain(world, message);
  const members = message.members.map((entry) => {
    return `${nameOf(world, entry.id)}#${entry.seniority}${entry.present ? '' : ' (gone)'}`;
  });
  return `roster epoch=${message.epoch} ${members.join(' ')}`;
}

function nameOf(world: Context, id: string): string {
  return world.memberOf(id)?.name ?? id.slice(0, 8);
}

/** The fields that say something here: there is one download, and its offer is always the same. */
function plain(world: Context, value: object): string {
  const { type, ...fields } = value as { type: string; [key: string]: unknown };
  const words = Object.entries(fields).flatMap(([key, field]) => {
    if (
      key === 'download' ||
      key === 'certificate' ||
      key === 'addresses' ||
      key === 'url' ||
      field === undefined
    )
      return [];
    return [`${key}=${show(world, key, field)}`];
  });
  return [type, ...words].join(' ');
}

function show(world: Context, key: string, field: unknown): string {
  if (field instanceof Uint8Array) return Buffer.from(field.subarray(0, 4)).toString('hex');
  if (key === 'records' || key === 'held') return String((field as readonly unknown[]).length);
  if (key === 'runs')
    return (field as readonly { start: number; end: number }[])
      .map((run) => `${run.start}-${run.end}`)
      .join(',');
  if (typeof field === 'string') return nameOf(world, field).slice(0, 40);
  if (typeof field === 'number') return String(Math.round(field * 1000) / 1000);
  if (Array.isArray(field)) return `[${field.map((item) => show(world, '', item)).join(' ')}]`;
  if (typeof field === 'object' && field !== null) {
    return `{${Object.entries(field)
      .filter(([name, value]) => value !== undefined && name !== 'download')
      .map(([name, value]) => `${name}=${show(world, name, value)}`)
      .join(' ')}}`;
  }
  return String(field);
}
