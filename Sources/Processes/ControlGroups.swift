package import Basics
import Glibc

/// Groups of processes that the kernel holds to memory and processor time (cgroup v2), below the
/// group that was delegated to the appliance (`Delegate=yes` of its unit). Where nothing was
/// delegated there are none: moving other people's processes around is not ours to do.
package struct ControlGroups: Sendable {
    package struct Limits: Sendable, Equatable {
        package var memory: ByteCount
        /// Per cent of one core.
        package var processorPercent: Int?
        package var tasks: Int
        package init(memory: ByteCount, processorPercent: Int?, tasks: Int = 1024) {
            self.memory = memory
            self.processorPercent = processorPercent
            self.tasks = tasks
        }
    }

    /// Where the appliance itself goes: a group with limits below it must hold no process.
    private static let ownName = "appliance"
    private static let controllers = "+memory +cpu +pids"

    private let root: String

    /// - Returns: `nil` where nothing was delegated to this process alone.
    package static func delegated(mount: String = "/sys/fs/cgroup") -> ControlGroups? {
        guard let text = try? Files.read("/proc/self/cgroup", limit: .kibibytes(64)) else {
            return nil
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("0::/") }), lines.count == 1 else {
            return nil
        }
        let path = line.dropFirst(3)
        return ControlGroups(root: path == "/" ? mount : mount + path, process: getpid())
    }

    /// - Parameter root: a group that holds `process` and nothing else.
    package init?(root: String, process: Int32) {
        // After a restart the appliance may find itself where it had moved to.
        let isMoved = root.hasSuffix("/\(Self.ownName)")
        self.root = isMoved ? String(root.dropLast(Self.ownName.count + 1)) : root
        guard access("\(self.root)/cgroup.procs", W_OK) == 0 else { return nil }
        if isMoved { return }
        guard let members = try? Files.read("\(root)/cgroup.procs", limit: .kibibytes(64)),
            String(decoding: members, as: UTF8.self).split(separator: "\n") == ["\(process)"]
        else { return nil }
        do throws(SystemError) {
            let own = "\(root)/\(Self.ownName)"
            try Files.makeDirectory(own, mode: 0o755)
            try Self.write("\(process)", to: "\(own)/cgroup.procs")
            try Self.write(Self.controllers, to: "\(root)/cgroup.subtree_control")
        } catch {
            return nil
        }
    }

    /// Puts a process, and all that it will start, into a group of its own.
    package func place(
        _ pid: Int32, in name: String, _ limits: Limits
    ) throws(SystemError) {
        let group = "\(root)/\(name)"
        try Files.makeDirectory(group, mode: 0o755)
        try Self.write("\(limits.memory.bytes)", to: "\(group)/memory.max")
        // Only the process that is too large ends: it may be an npm below Node-RED.
        try Self.write("0", to: "\(group)/memory.oom.group")
        let quota = limits.processorPercent.map { "\($0 * 1000)" } ?? "max"
        try Self.write("\(quota) 100000", to: "\(group)/cpu.max")
        try Self.write("\(limits.tasks)", to: "\(group)/pids.max")
        try Self.write("\(pid)", to: "\(group)/cgroup.procs")
    }

    /// Ends everything in the group, also what left its session.
    package func kill(_ name: String) {
        try? Self.write("1", to: "\(root)/\(name)/cgroup.kill")
    }

    /// Once nothing is left in it.
    package func remove(_ name: String) { rmdir("\(root)/\(name)") }

    private static func write(_ text: String, to path: String) throws(SystemError) {
        guard let file = FileDescriptor(owning: open(path, O_WRONLY | O_CLOEXEC)) else {
            throw SystemError("open \(path)")
        }
        try Files.write(Array(text.utf8), to: file, path)
    }
}
