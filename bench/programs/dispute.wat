;; A turn as long and as dear as one can be: 2^24 - 1 units of fuel, all of it used, and among its
;; steps an i64.store across the two leaves in the middle of 256 pages, which shares no part of its
;; proof. It writes to the 64 KiB around the middle, 8 bytes every 36, round and round, so that
;; every leaf there is another a few thousand steps later. For the cost of a whole dispute.
(module
  (memory (export "memory") 256 256)
  (func (export "reduce") (result i32) (local $i i32)
    (loop $again
      (i64.store
        (i32.add
          (i32.and (i32.mul (local.get $i) (i32.const 36)) (i32.const 0xffff))
          (i32.const 0x7f7ffc))
        (i64.extend_i32_u (local.get $i)))
      (br_if $again
        (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 1)))
          (i32.const 986894))))
    ;; 13 steps to use up the fuel.
    (drop (i32.eqz (local.get $i)))
    (drop (local.get $i))
    (drop (local.get $i))
    (drop (local.get $i))
    (drop (local.get $i))
    (drop (local.get $i))
    (i32.const 0)))
