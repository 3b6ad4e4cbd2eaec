/*
 * The packages that modules of users' devices can import: those that the program which loads them has
 * in itself anyway.
 */

import * as dataModel from '@crosvm/data-model';
import * as devices from '@crosvm/devices';
import * as sysUtil from '@crosvm/sys-util';
import * as virtioSys from '@crosvm/virtio-sys';

import { provideDeviceApi } from './custom-module';

provideDeviceApi(
  new Map<string, unknown>([
    ['@crosvm/data-model', dataModel],
    ['@crosvm/devices', devices],
    ['@crosvm/sys-util', sysUtil],
    ['@crosvm/virtio-sys', virtioSys],
  ]),
);
