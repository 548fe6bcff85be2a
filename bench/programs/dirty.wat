;; Writes to one leaf of memory after the other, as far as its argument masks addresses, for ever:
;; it stops when fuel runs out, after 2^24 steps. For the cost of hashing states of a long run.
(module
  (memory (export "memory") 1 256)
  (func (export "run") (param $mask i32) (result i32) (local $i i32)
    (drop (memory.grow (i32.shr_u (local.get $mask) (i32.const 16))))
    (loop $again
      (i32.store
        (i32.and (i32.shl (local.get $i) (i32.const 5)) (local.get $mask))
        (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $again))
    (unreachable)))
