import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  END_MS,
  guestLacksCpus,
  scriptParam,
  testUnless,
  theGuest,
} from '../harness';

// A guest that is built for fewer shows what it can; one that takes no second shows nothing.
const CPUS = Math.max(2, Math.min(16, theGuest().maxCpus));

testUnless(guestLacksCpus(CPUS), `a guest with ${CPUS} CPUs has all of them online`, async () => {
  const script = 'nproc; cat /sys/devices/system/cpu/online; echo done';
  const args = bootArguments({ cpus: CPUS, params: [scriptParam(script)] });
  await using vm = Crosvm.spawn(args, { noInput: true });
  await vm.expect(new RegExp(`^${CPUS}\\r*\\n0-${CPUS - 1}\\r*\\ndone\\r*\\n`, 'm'), BOOT_MS * 3);
  expect(await vm.ended(END_MS * 2)).toEqual({ code: 0, signal: null });
});
