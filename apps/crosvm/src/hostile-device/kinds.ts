import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { loadPolicy } from '@crosvm/io-jail';
import { WITHOUT_RINGS } from '@crosvm/sys-util/testing';

import type { Attempt, HostKind } from './attempt';
import { COMPILED_MEMORY, DISK, GROUPS, INTERPRETED_MEMORY, RING } from './attempts';
import { POLICIES } from './run-vmm';

/** Policies of hosts whose JavaScript is compiled. */
const COMPILED: readonly string[] = ['block_device', 'net_device', 'net_stream_device'];

/** Calls that a policy permits whatever they are asked: they reach nothing but what the device has. */
const PERMITTED: Readonly<Record<string, readonly string[]>> = { wl_device: ['sendfile'] };

/** What is included, and what is for processes that no guest reaches in the way of a device. */
const NO_HOSTS: readonly string[] = ['common_device', 'vmm', 'warden'];

/** Of the device that permits least: everything is tried there. */
const STRICTEST = 'rng_device';

/** What is tried in hosts of one kind. */
export interface Trial {
  readonly kind: HostKind;
  readonly attempts: readonly Attempt[];
}

/** All attempts that are for devices of every kind. */
const GENERAL: readonly Attempt[] = Object.values(GROUPS).flat();

function attemptsOf({ policy, compiled }: HostKind): readonly Attempt[] {
  const calls = new Set(
    loadPolicy(join(POLICIES, `${policy}.policy`)).rules.map(({ name }) => name),
  );
  // What a policy does not mention is forbidden by all in the same way.
  const permitted = PERMITTED[policy] ?? [];
  const general = GENERAL.filter(
    ({ call = '' }) => policy === STRICTEST || (calls.has(call) && !permitted.includes(call)),
  );
  return [
    ...general,
    ...(compiled ? COMPILED_MEMORY : INTERPRETED_MEMORY),
    ...(policy === 'block_device' ? [...DISK, ...(WITHOUT_RINGS === '' ? RING : [])] : []),
  ];
}

/** Every policy there is, with what is tried under it. */
export function trials(): readonly Trial[] {
  return readdirSync(POLICIES)
    .map((file) => file.replace('.policy', ''))
    .filter((policy) => !NO_HOSTS.includes(policy))
    .map((policy) => ({ policy, compiled: COMPILED.includes(policy) }))
    .map((kind) => ({ kind, attempts: attemptsOf(kind) }));
}
