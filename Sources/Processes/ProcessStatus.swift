import Basics
import Glibc

/// What /proc/<pid>/stat says (proc(5)).
package struct ProcessStatus: Sendable, Equatable {
    package let pid: Int32
    /// As the kernel cuts it: 15 bytes. It is what the process calls itself, so nothing to trust.
    package let name: String
    package let state: UInt8
    package let parent: Int32
    package let group: Int32
    package let session: Int32
    /// Time on a processor, user and system.
    package let processorTime: Duration
    package let startTicks: UInt64
    package let residentBytes: Int64

    package init?(pid: Int32) {
        guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: .kibibytes(4)) else {
            return nil
        }
        self.init(pid: pid, stat: bytes)
    }

    /// The name stands in parentheses and may hold any byte, even `)`: the last one ends it.
    init?(pid: Int32, stat bytes: [UInt8]) {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
            let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close
        else { return nil }
        let fields = bytes[(close + 1)...].split(separator: 0x20)
        func number(_ field: Int) -> Int64? {
            Int64(String(decoding: fields[field - 3], as: UTF8.self))
        }
        guard fields.count >= 22, let state = fields[0].first, let parent = number(4),
            let group = number(5), let session = number(6), let user = number(14),
            let system = number(15), let start = number(22), let pages = number(24)
        else { return nil }
        let ticks = Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        self.pid = pid
        name = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
        self.state = state
        self.parent = Int32(truncatingIfNeeded: parent)
        self.group = Int32(truncatingIfNeeded: group)
        self.session = Int32(truncatingIfNeeded: session)
        processorTime = .milliseconds((user + system) * 1000 / ticks)
        startTicks = UInt64(clamping: start)
        residentBytes = pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// All processes of a session that run, its leader included.
    package static func members(ofSession session: Int32) -> [ProcessStatus] {
        let names = (try? Files.list("/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { ProcessStatus(pid: $0) }
            .filter { $0.session == session && $0.state != UInt8(ascii: "Z") }
    }
}
