import Glibc

let usage = "lineside: serve | check-config"
fputs("\(usage)\n", stdout)
