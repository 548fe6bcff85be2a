;; Recursive calls: run(n) is the n-th Fibonacci number modulo 2^32, run(0) = 0.
;;
;; In WebAssembly text because a C compiler turns one of the two calls into a loop. Here every call is
;; a call: 2 * fib(n + 1) - 1 of them, nested n deep. There is no memory.
(module
  (func $run (export "run") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $run (i32.sub (local.get $n) (i32.const 1)))
          (call $run (i32.sub (local.get $n) (i32.const 2))))))))
