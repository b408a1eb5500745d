package import Basics
import Glibc

/// A process that cannot be mistaken for a later one with the same number.
package struct ProcessIdentity: Sendable, Hashable {
    package let pid: Int32
    /// Field 22 of /proc/<pid>/stat: clock ticks since boot.
    package let startTicks: UInt64

    package init(pid: Int32, startTicks: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
    }

    /// The process that has this number now; `nil` if there is none, or only what is left of it.
    package init?(running pid: Int32) {
        guard let status = ProcessStatus(pid: pid), status.state != UInt8(ascii: "Z") else {
            return nil
        }
        self.init(pid: pid, startTicks: status.startTicks)
    }

    package var isRunning: Bool { ProcessIdentity(running: pid) == self }

    /// How long it has lived, by the clock that goes on during suspend.
    package var age: Duration {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        let ticks = UInt64(sysconf(Int32(_SC_CLK_TCK)))
        let started = Duration.milliseconds(Int64(startTicks * 1000 / max(ticks, 1)))
        let time = Duration.seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
        return max(time - started, .zero)
    }

    /// Changes with each boot; with it a written-down identity stays true across one.
    package static func bootID() throws(SystemError) -> String {
        let text = try Files.read("/proc/sys/kernel/random/boot_id", limit: .kibibytes(1))
        return String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self)
    }
}
