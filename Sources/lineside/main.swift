import Glibc
import Site

// A reader that goes away is an error of the write, not the end of the program.
signal(SIGPIPE, SIG_IGN)
let words = Array(CommandLine.arguments.dropFirst())
// Here and not among the commands: the process fences itself in while it has one thread.
if words.first == "unpack" { exit(UnpackCommand.run(Array(words.dropFirst()))) }
exit(await Commands.run(words))
