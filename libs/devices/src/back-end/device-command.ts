/** What the VMM asks of a back end while the guest runs: plain data, as JSON can be. */
export type DeviceCommand =
  /** A disk: its image has that many bytes now, or will have fewer. The answer: `true`, when no request goes beyond. */
  | { readonly kind: 'resize-disk'; readonly bytes: number }
  /** A balloon: the guest is to give that many pages of 4 KiB. The answer: a `BalloonState`. */
  | { readonly kind: 'set-balloon'; readonly pages: number }
  /** A balloon: the answer is a `BalloonState`. */
  | { readonly kind: 'balloon-state' }
  /** A balloon: the answer is a `BalloonReport`, when the guest has given its statistics. */
  | { readonly kind: 'balloon-report' };
