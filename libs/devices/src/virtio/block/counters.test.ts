import { VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT } from '@crosvm/virtio-sys';

import { imageRig, SECTORS } from '../../testing/disk-rigs';
import { describeEngines } from '../../testing/engines';

describeEngines('a disk counts', (kind) => {
  it('the bytes that were read and written', () => {
    using device = imageRig(kind);
    device.rig.run({ type: VIRTIO_BLK_T_IN, input: 1536 });
    device.rig.run({ type: VIRTIO_BLK_T_OUT, output: new Uint8Array(512) });
    device.rig.run({ type: VIRTIO_BLK_T_FLUSH });

    const counts = device.rig.counters.read();
    expect(counts).toMatchObject({ toGuestBytes: 1536, fromGuestBytes: 512, errors: 0 });
  });

  it('requests that fail, and none of their bytes', () => {
    using device = imageRig(kind);
    device.rig.run({ type: VIRTIO_BLK_T_IN, sector: SECTORS, input: 512 });

    expect(device.rig.counters.read()).toMatchObject({ toGuestBytes: 0, errors: 1 });
  });
});
