import type { StateArea } from '../front-end/front-end';
import { ANY, nextAlarm } from './alarm';
import { type CivilDate, civilFromDays, dayOfWeek, daysFromCivil } from './civil';
import { decodeHour, decodeNumber, encodeHour, encodeNumber } from './encoding';
import { ALARM_ANY, Cmos, StatusA, StatusB, StatusC } from './registers';
import { cmosRam, type CmosState, cmosState, OFFSET_BIAS } from './state';

const SECOND = 1000;
const SECONDS_PER_DAY = 86_400;

/** UIP is set from 244 us before an update to its end 1984 us later; our clock has milliseconds. */
const UPDATE_MS = 2;

/** After the divider's reset the first update comes half a second later (data sheet, p. 14). */
const FIRST_UPDATE_MS = 500;

/** Of the oscillator that the periodic rates are divided from. */
const OSCILLATOR_HZ = 32_768;

/**
 * The clock over its state: what time it is, what happened since somebody looked, and when something
 * will happen. The callers hold the device's mutex and say what time it is on the host, in
 * milliseconds since 1970 in UTC.
 *
 * Nothing ticks. While the clock runs it is an offset to the host's, and the flags of register C are
 * worked out from the time since the last look. While it stands, the time is in the registers.
 */
export class RtcClock {
  readonly ram: Uint8Array;
  readonly #state: CmosState;
  readonly #date: CivilDate = { year: 0, month: 0, day: 0 };

  constructor(area: StateArea) {
    this.#state = cmosState.at(area.buffer, area.offset);
    this.ram = cmosRam(area);
  }

  /** Whether an interrupt is pending that is enabled: IRQF. */
  irqPending(): boolean {
    return (this.#state.flags & this.#statusB & StatusC.FLAGS) !== 0;
  }

  /** Whether the clock stands. */
  get stopped(): boolean {
    return (this.#statusB & StatusB.SET) !== 0 || this.#dividerHeld;
  }

  /** Register A, with the bit that says that an update is at hand. */
  statusA(now: number): number {
    const updating = !this.stopped && this.#phase(now) >= SECOND - UPDATE_MS;
    return (this.ram[Cmos.A] ?? 0) | (updating ? StatusA.UIP : 0);
  }

  /** Register C; reading it withdraws the interrupt. */
  takeStatusC(now: number): number {
    this.catchUp(now);
    const status = this.#state.flags | (this.irqPending() ? StatusC.IRQF : 0);
    this.#state.flags = 0;
    return status;
  }

  /** Brings the flags of register C up to date. */
  catchUp(now: number): void {
    const state = this.#state;
    const last = state.checked;
    state.checked = now;
    // Nothing happened before the first look, nor while the host's clock was set back.
    if (last > 0 && now > last) {
      state.flags |= this.#happened(last, now);
    }
  }

  /** Puts the time into its registers. Only while the clock runs. */
  show(now: number): void {
    const { ram } = this;
    const b = this.#statusB;
    const seconds = Math.floor((now + this.#offset) / SECOND);
    const days = Math.floor(seconds / SECONDS_PER_DAY);
    const ofDay = seconds - days * SECONDS_PER_DAY;
    civilFromDays(days, this.#date);
    const { year, month, day } = this.#date;
    const century = Math.floor(year / 100);
    ram[Cmos.SECONDS] = encodeNumber(ofDay % 60, b);
    ram[Cmos.MINUTES] = encodeNumber(Math.floor(ofDay / 60) % 60, b);
    ram[Cmos.HOURS] = encodeHour(Math.floor(ofDay / 3600), b);
    ram[Cmos.DAY_OF_WEEK] = dayOfWeek(days);
    ram[Cmos.DAY_OF_MONTH] = encodeNumber(day, b);
    ram[Cmos.MONTH] = encodeNumber(month, b);
    ram[Cmos.YEAR] = encodeNumber(year - century * 100, b);
    ram[Cmos.CENTURY] = encodeNumber(((century % 100) + 100) % 100, b);
  }

  /** Writes a register of the time. While the clock runs, it goes on from there at once. */
  setTime(register: number, value: number, now: number): void {
    if (this.stopped) {
      this.ram[register] = value;
    } else {
      this.show(now);
      this.ram[register] = value;
      this.#adopt(now);
    }
  }

  /** Writes registers A and B, either of which can stop the clock or let it go on. */
  control(a: number, b: number, now: number): void {
    const wasStopped = this.stopped;
    const released = this.#dividerHeld && !holdsDivider(a);
    const stops = (b & StatusB.SET) !== 0 || holdsDivider(a);
    if (stops && !wasStopped) {
      this.show(now);
    }
    this.ram[Cmos.A] = a & ~StatusA.UIP;
    this.ram[Cmos.B] = b;
    if (released) {
      this.#offset += FIRST_UPDATE_MS - this.#phase(now);
    }
    if (wasStopped && !stops) {
      this.#adopt(now);
    }
  }

  /** The host's time at which the interrupt will come up; Infinity if that depends on the guest. */
  nextInterrupt(now: number): number {
    const b = this.#statusB;
    let due = Infinity;
    if (this.irqPending()) {
      return due;
    }
    const offset = this.#offset;
    const second = Math.floor((now + offset) / SECOND);
    if (b & StatusB.UIE && !this.stopped) {
      due = (second + 1) * SECOND - offset;
    }
    if (b & StatusB.AIE && !this.stopped) {
      due = Math.min(due, this.#alarmAfter(second) * SECOND - offset);
    }
    const period = this.#period;
    if (b & StatusB.PIE && period > 0) {
      const tick = (Math.floor((now + offset) / period) + 1) * period - offset;
      due = Math.min(due, Math.ceil(tick));
    }
    return due;
  }

  get #statusB(): number {
    return this.ram[Cmos.B] ?? 0;
  }

  get #offset(): number {
    return this.#state.biased_offset - OFFSET_BIAS;
  }

  set #offset(value: number) {
    this.#state.biased_offset = value + OFFSET_BIAS;
  }

  get #dividerHeld(): boolean {
    return holdsDivider(this.ram[Cmos.A] ?? 0);
  }

  /** Milliseconds between periodic interrupts; 0 for none. */
  get #period(): number {
    const rate = (this.ram[Cmos.A] ?? 0) & StatusA.RATE;
    if (rate === 0 || this.#dividerHeld) {
      return 0;
    }
    // The two fastest rates of this divider are the same as those of 8 and 9 (data sheet, table 5).
    const shift = rate < 3 ? rate + 6 : rate - 1;
    return (SECOND * 2 ** shift) / OSCILLATOR_HZ;
  }

  /** Milliseconds since the last update. */
  #phase(now: number): number {
    const time = now + this.#offset;
    return time - Math.floor(time / SECOND) * SECOND;
  }

  #happened(last: number, now: number): number {
    const offset = this.#offset;
    let flags = 0;
    if (!this.stopped) {
      const from = Math.floor((last + offset) / SECOND);
      const to = Math.floor((now + offset) / SECOND);
      flags |= to > from ? StatusC.UF : 0;
      flags |= to > from && this.#alarmAfter(from) <= to ? StatusC.AF : 0;
    }
    const period = this.#period;
    if (period > 0) {
      const ticks = Math.floor((now + offset) / period) - Math.floor((last + offset) / period);
      flags |= ticks > 0 ? StatusC.PF : 0;
    }
    return flags;
  }

  #alarmAfter(second: number): number {
    const b = this.#statusB;
    const hour = this.ram[Cmos.HOURS_ALARM] ?? 0;
    return nextAlarm(
      second,
      hour >= ALARM_ANY ? ANY : decodeHour(hour, b),
      this.#alarmField(Cmos.MINUTES_ALARM),
      this.#alarmField(Cmos.SECONDS_ALARM),
    );
  }

  #alarmField(register: number): number {
    const value = this.ram[register] ?? 0;
    return value >= ALARM_ANY ? ANY : decodeNumber(value, this.#statusB);
  }

  /** Makes the time in the registers the time that it is, in step with the running divider. */
  #adopt(now: number): void {
    const b = this.#statusB;
    const field = (register: number): number => decodeNumber(this.ram[register] ?? 0, b);
    const year = field(Cmos.CENTURY) * 100 + field(Cmos.YEAR);
    const days = daysFromCivil(year, field(Cmos.MONTH), field(Cmos.DAY_OF_MONTH));
    const hours = decodeHour(this.ram[Cmos.HOURS] ?? 0, b);
    const ofDay = (hours * 60 + field(Cmos.MINUTES)) * 60 + field(Cmos.SECONDS);
    const time = (days * SECONDS_PER_DAY + ofDay) * SECOND + this.#phase(now);
    this.#offset = time - now;
  }
}

function holdsDivider(a: number): boolean {
  return (a & StatusA.DIVIDER_RESET) === StatusA.DIVIDER_RESET;
}
