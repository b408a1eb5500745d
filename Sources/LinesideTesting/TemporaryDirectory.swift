package import Basics
import Glibc

/// A directory of one test's own. When the test lets go of it, however it ended, every process that
/// works in it or was told of it is ended, and then it is removed with everything in it.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws(SystemError) {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let name = Randomness.text(count: 10, from: .lowercaseAlphanumerics)
        path = "\(base)/lineside-test-\(name)"
        try Files.makeDirectory(path)
    }

    deinit {
        endProcesses()
        try? Files.removeTree(path)
    }

    /// An appliance that dies may have been about to start another process: looked at until there
    /// is none, but not for ever, since one that the kernel holds cannot be ended.
    private func endProcesses() {
        for _ in 0..<200 {
            let pids = processes()
            if pids.isEmpty { return }
            for pid in pids { kill(pid, SIGKILL) }
            usleep(10_000)
        }
    }

    private func processes() -> [pid_t] {
        let names = (try? Files.list("/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { $0 != getpid() && belongs($0) }
    }

    /// Its name is random: whoever has it as working directory or in an argument has it from us.
    private func belongs(_ pid: pid_t) -> Bool {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/\(pid)/cwd", &buffer, buffer.count)
        if count > 0 {
            let place = String(
                decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            if place == path || place.hasPrefix("\(path)/") { return true }
        }
        // A zombie has neither.
        guard let words = try? Files.read("/proc/\(pid)/cmdline") else { return false }
        return words.split(separator: 0).contains {
            let word = String(decoding: $0, as: UTF8.self)
            return word == path || word.hasPrefix("\(path)/")
        }
    }
}
