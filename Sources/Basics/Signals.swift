import Dispatch
import Glibc
import Synchronization

/// Signals of the operating system as a sequence. They are caught, not ignored or blocked, so that
/// a program that is started from here begins with the usual ones.
package enum Signals {
    /// Where the handler writes; a load and a write are all that it may do (signal-safety(7)).
    private static let pipe = Atomic<Int32>(-1)

    /// For the life of the process; may be asked for once.
    package static func caught(_ signals: [Int32]) throws(SystemError) -> AsyncStream<Int32> {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw SystemError("pipe for signals") }
        // A child that is started between the calls closes what it was not given.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A full pipe must not stop the handler: what is in it wakes the reader anyway.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let free = pipe.compareExchange(
            expected: -1, desired: ends[1], ordering: .sequentiallyConsistent
        ).exchanged
        precondition(free, "signals are caught in one place")

        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(Signals.pipe.load(ordering: .relaxed), &byte, 1)
            errno = saved
        }
        action.sa_flags = SA_RESTART
        for number in signals {
            guard sigaction(number, &action, nil) == 0 else {
                throw SystemError("catch signal \(number)")
            }
        }
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let reading = ends[0]
        // A thread of its own: the read blocks for days.
        DispatchQueue(label: "signals").async {
            var byte: UInt8 = 0
            while true {
                switch read(reading, &byte, 1) {
                case 1: continuation.yield(Int32(byte))
                case -1 where errno == EINTR: continue
                default: return continuation.finish()
                }
            }
        }
        return stream
    }
}
