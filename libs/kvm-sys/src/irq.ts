import {
  addr64,
  array,
  bytes,
  flexible,
  io,
  ior,
  iow,
  iowr,
  i32,
  struct,
  u16,
  u32,
  u64,
  u8,
  i64,
  union,
} from '@crosvm/data-model';

import { KVMIO } from './kvmio';

/** The level of an interrupt line; KVM_IRQ_LINE_STATUS writes its status (signed) over `irq`. */
export const kvm_irq_level = struct('kvm_irq_level', {
  irq: u32,
  level: u32,
});

/** An i8259 interrupt controller. */
export const kvm_pic_state = struct('kvm_pic_state', {
  last_irr: u8,
  irr: u8,
  imr: u8,
  isr: u8,
  priority_add: u8,
  irq_base: u8,
  read_reg_select: u8,
  poll: u8,
  special_mask: u8,
  init_state: u8,
  auto_eoi: u8,
  rotate_on_auto_eoi: u8,
  special_fully_nested_mode: u8,
  init4: u8,
  elcr: u8,
  elcr_mask: u8,
});

/** Pins of the I/O APIC. */
export const KVM_IOAPIC_NUM_PINS = 24;

/** An I/O APIC; each redirection entry as the 64-bit register that it is. */
export const kvm_ioapic_state = struct('kvm_ioapic_state', {
  base_address: u64,
  ioregsel: u32,
  id: u32,
  irr: u32,
  pad: u32,
  redirtbl: array(u64, KVM_IOAPIC_NUM_PINS),
});

/** One of the in-kernel interrupt controllers, chosen by `chip_id`. */
export const kvm_irqchip = struct('kvm_irqchip', {
  chip_id: u32,
  pad: u32,
  chip: union('kvm_irqchip_chip', {
    dummy: bytes(512),
    pic: kvm_pic_state,
    ioapic: kvm_ioapic_state,
  }),
});

/** `chip_id` of the first i8259. */
export const KVM_IRQCHIP_PIC_MASTER = 0;
/** `chip_id` of the second i8259. */
export const KVM_IRQCHIP_PIC_SLAVE = 1;
/** `chip_id` of the I/O APIC. */
export const KVM_IRQCHIP_IOAPIC = 2;
/** How many interrupt controllers there are. */
export const KVM_NR_IRQCHIPS = 3;

/** How to make the PIT. */
export const kvm_pit_config = struct('kvm_pit_config', {
  flags: u32,
  pad: array(u32, 15),
});

/** `kvm_pit_config.flags`: port 0x61 answers as a PC speaker would. */
export const KVM_PIT_SPEAKER_DUMMY = 1;

/** A channel of the i8254. */
export const kvm_pit_channel_state = struct('kvm_pit_channel_state', {
  count: u32,
  latched_count: u16,
  count_latched: u8,
  status_latched: u8,
  status: u8,
  read_state: u8,
  write_state: u8,
  write_latch: u8,
  rw_mode: u8,
  mode: u8,
  bcd: u8,
  gate: u8,
  count_load_time: i64,
});

/** The i8254. */
export const kvm_pit_state2 = struct('kvm_pit_state2', {
  channels: array(kvm_pit_channel_state, 3),
  flags: u32,
  reserved: array(u32, 9),
});

/** `kvm_pit_state2.flags`: the HPET replaces the timer interrupt. */
export const KVM_PIT_FLAGS_HPET_LEGACY = 1;
/** `kvm_pit_state2.flags`: the speaker is on. */
export const KVM_PIT_FLAGS_SPEAKER_DATA_ON = 2;

/** Whether ticks that the guest missed are injected again. */
export const kvm_reinject_control = struct('kvm_reinject_control', {
  pit_reinject: u8,
  reserved: bytes(31),
});

/** An eventfd that raises an interrupt. */
export const kvm_irqfd = struct('kvm_irqfd', {
  fd: u32,
  gsi: u32,
  flags: u32,
  resamplefd: u32,
  pad: bytes(16),
});

/** `kvm_irqfd.flags`: take the eventfd away. */
export const KVM_IRQFD_FLAG_DEASSIGN = 1;
/** `kvm_irqfd.flags`: level-triggered; `resamplefd` is signalled when the guest acknowledges. */
export const KVM_IRQFD_FLAG_RESAMPLE = 2;

/** An eventfd that a write of the guest signals. */
export const kvm_ioeventfd = struct('kvm_ioeventfd', {
  datamatch: u64,
  addr: addr64,
  len: u32,
  fd: i32,
  flags: u32,
  pad: bytes(36),
});

/** `kvm_ioeventfd.flags`: only writes of the value `datamatch`. */
export const KVM_IOEVENTFD_FLAG_DATAMATCH = 1;
/** `kvm_ioeventfd.flags`: `addr` is a port. */
export const KVM_IOEVENTFD_FLAG_PIO = 2;
/** `kvm_ioeventfd.flags`: take the eventfd away. */
export const KVM_IOEVENTFD_FLAG_DEASSIGN = 4;

/** A route to a pin of an interrupt controller. */
export const kvm_irq_routing_irqchip = struct('kvm_irq_routing_irqchip', {
  irqchip: u32,
  pin: u32,
});

/** A route to a message-signalled interrupt. */
export const kvm_irq_routing_msi = struct('kvm_irq_routing_msi', {
  address_lo: u32,
  address_hi: u32,
  data: u32,
  devid: u32,
});

/** A route to a Hyper-V synthetic interrupt. */
export const kvm_irq_routing_hv_sint = struct('kvm_irq_routing_hv_sint', {
  vcpu: u32,
  sint: u32,
});

/** What interrupt a GSI is; `type` chooses the member of `u`. */
export const kvm_irq_routing_entry = struct('kvm_irq_routing_entry', {
  gsi: u32,
  type: u32,
  flags: u32,
  pad: u32,
  u: union('kvm_irq_routing_entry_u', {
    irqchip: kvm_irq_routing_irqchip,
    msi: kvm_irq_routing_msi,
    hv_sint: kvm_irq_routing_hv_sint,
    pad: array(u32, 8),
  }),
});

/** All routes of a VM. */
export const kvm_irq_routing = struct('kvm_irq_routing', {
  nr: u32,
  flags: u32,
  entries: flexible(kvm_irq_routing_entry),
});

/** `kvm_irq_routing_entry.type` */
export const KVM_IRQ_ROUTING_IRQCHIP = 1;
/** `kvm_irq_routing_entry.type` */
export const KVM_IRQ_ROUTING_MSI = 2;
/** `kvm_irq_routing_entry.type` */
export const KVM_IRQ_ROUTING_HV_SINT = 4;

/** A message-signalled interrupt. */
export const kvm_msi = struct('kvm_msi', {
  address_lo: u32,
  address_hi: u32,
  data: u32,
  flags: u32,
  devid: u32,
  pad: bytes(12),
});

/** `kvm_msi.flags` and `kvm_irq_routing_entry.flags`: `devid` is valid. KVM_CAP_MSI_DEVID. */
export const KVM_MSI_VALID_DEVID = 1;

/* ioctls of the VM fd. */

/** Makes the in-kernel PICs, I/O APIC and local APICs, with the default routes. */
export const KVM_CREATE_IRQCHIP = io('KVM_CREATE_IRQCHIP', KVMIO, 0x60);
/** Sets the level of a line. */
export const KVM_IRQ_LINE = iow('KVM_IRQ_LINE', KVMIO, 0x61, kvm_irq_level);
/** Reads the state of the controller `chip_id`. */
export const KVM_GET_IRQCHIP = iowr('KVM_GET_IRQCHIP', KVMIO, 0x62, kvm_irqchip);
/** Sets the state of the controller `chip_id`. Encoded as a read by mistake, for ever. */
export const KVM_SET_IRQCHIP = ior('KVM_SET_IRQCHIP', KVMIO, 0x63, kvm_irqchip);
/** Sets the level of a line and tells what became of it. */
export const KVM_IRQ_LINE_STATUS = iowr('KVM_IRQ_LINE_STATUS', KVMIO, 0x67, kvm_irq_level);
/** Replaces all routes. */
export const KVM_SET_GSI_ROUTING = iow('KVM_SET_GSI_ROUTING', KVMIO, 0x6a, kvm_irq_routing);
/** Whether missed PIT ticks are injected again. KVM_CAP_REINJECT_CONTROL. */
export const KVM_REINJECT_CONTROL = io('KVM_REINJECT_CONTROL', KVMIO, 0x71);
/** Connects an eventfd to an interrupt. KVM_CAP_IRQFD. */
export const KVM_IRQFD = iow('KVM_IRQFD', KVMIO, 0x76, kvm_irqfd);
/** Makes the in-kernel PIT; needs the in-kernel interrupt controllers. KVM_CAP_PIT2. */
export const KVM_CREATE_PIT2 = iow('KVM_CREATE_PIT2', KVMIO, 0x77, kvm_pit_config);
/** Connects an eventfd to writes of the guest. KVM_CAP_IOEVENTFD. */
export const KVM_IOEVENTFD = iow('KVM_IOEVENTFD', KVMIO, 0x79, kvm_ioeventfd);
/** KVM_CAP_PIT_STATE2 */
export const KVM_GET_PIT2 = ior('KVM_GET_PIT2', KVMIO, 0x9f, kvm_pit_state2);
/** KVM_CAP_PIT_STATE2 */
export const KVM_SET_PIT2 = iow('KVM_SET_PIT2', KVMIO, 0xa0, kvm_pit_state2);
/** Delivers a message-signalled interrupt; above 0 if it was delivered. KVM_CAP_SIGNAL_MSI. */
export const KVM_SIGNAL_MSI = iow('KVM_SIGNAL_MSI', KVMIO, 0xa5, kvm_msi);
