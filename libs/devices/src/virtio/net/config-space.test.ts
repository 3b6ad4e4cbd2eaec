import {
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_GUEST_USO4,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_UFO,
  VIRTIO_NET_F_HOST_USO,
  VIRTIO_NET_F_MQ,
  VIRTIO_NET_F_MRG_RXBUF,
  VIRTIO_NET_F_MTU,
} from '@crosvm/virtio-sys';

import { featureMask, hasFeature } from '../features';
import { controlQueue, netConfigSpace, netFeatures, netQueueSizes } from './config-space';
import { net } from './module';
import type { NetConfig } from './net-config';
import { tapOffload } from './offloads';

const PLAIN: NetConfig = { mac: [2, 1, 3, 4, 5, 6], pairs: 1, offload: 0 };

describe('the features of a network card', () => {
  const has = (config: NetConfig, ...bits: number[]): boolean[] =>
    bits.map((bit) => hasFeature(netFeatures(config), bit));

  it('are those that its interface has', () => {
    const bits = [
      VIRTIO_NET_F_GUEST_CSUM,
      VIRTIO_NET_F_GUEST_TSO4,
      VIRTIO_NET_F_HOST_TSO4,
      VIRTIO_NET_F_HOST_UFO,
      VIRTIO_NET_F_HOST_USO,
      VIRTIO_NET_F_GUEST_USO4,
    ];

    expect(has(PLAIN, VIRTIO_NET_F_CSUM, ...bits)).toEqual([true, ...bits.map(() => false)]);
    expect(has({ ...PLAIN, offload: 0x0f }, ...bits)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(has({ ...PLAIN, offload: 0x7f }, ...bits)).toEqual(bits.map(() => true));
  });

  it('depend on how it is offered', () => {
    const bits = [VIRTIO_NET_F_MTU, VIRTIO_NET_F_MQ, VIRTIO_NET_F_MRG_RXBUF];

    expect(has(PLAIN, ...bits)).toEqual([false, false, true]);
    expect(has({ ...PLAIN, mtu: 9000, pairs: 2, mergeable: false }, ...bits)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('what a driver takes', () => {
  it('is told to the interface as far as it makes sense', () => {
    const all = netFeatures({ ...PLAIN, offload: 0x7f });
    const without = (...bits: number[]): number => tapOffload(all & ~featureMask(...bits));

    expect(tapOffload(all)).toBe(0x7f);
    expect(without(VIRTIO_NET_F_GUEST_CSUM)).toBe(0);
    expect(without(VIRTIO_NET_F_GUEST_USO4)).toBe(0x1f);
    expect(without(VIRTIO_NET_F_GUEST_TSO4)).toBe(0x7d);
    expect(without(VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO4 + 1)).toBe(0x71);
  });
});

describe('the configuration of a network card', () => {
  it('has its address, its link, its pairs and its MTU', () => {
    expect(Buffer.from(netConfigSpace({ ...PLAIN, pairs: 3, mtu: 9000 })).toString('hex')).toBe(
      '020103040506' + '0100' + '0300' + '2823',
    );
  });

  it('has queues for all pairs, and the control queue where the driver looks for it', () => {
    const config = { ...PLAIN, pairs: 3 };

    expect(netQueueSizes(config)).toEqual([256, 256, 256, 256, 256, 256, 256]);
    expect(controlQueue(config, featureMask(VIRTIO_NET_F_MQ))).toBe(6);
    expect(controlQueue(config, 0n)).toBe(2);
  });

  it('is not made with another number of descriptors than pairs', () => {
    const resources = { fds: [1] } as unknown as Parameters<typeof net.create>[1];

    expect(() => net.create({ ...PLAIN, pairs: 2 }, resources)).toThrow(
      '2 pairs of queues with 1 descriptors',
    );
  });
});
