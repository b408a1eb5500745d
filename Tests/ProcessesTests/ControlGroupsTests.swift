import Basics
import FoundationEssentials
import Glibc
import Processes
import Testing

/// On a tree of plain files that looks like one of cgroup v2.
@Suite("Control groups") final class ControlGroupsTests {
    private let root = "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString)"

    init() throws {
        try Files.makeDirectory("\(root)/appliance")
        try Files.makeDirectory("\(root)/press")
        for file in ["cgroup.procs", "cgroup.subtree_control", "appliance/cgroup.procs"] {
            try Files.replace("\(root)/\(file)", with: [])
        }
        let names = ["memory.max", "memory.oom.group", "cpu.max", "pids.max", "cgroup.procs"]
        for file in names + ["cgroup.kill"] { try Files.replace("\(root)/press/\(file)", with: []) }
    }

    deinit { try? Files.removeTree(root) }

    private func text(_ file: String) throws -> String {
        String(decoding: try Files.read("\(root)/\(file)"), as: UTF8.self)
    }

    @Test("The appliance moves aside, and a process gets a group with its limits")
    func place() throws {
        try Files.replace("\(root)/cgroup.procs", with: Array("4711\n".utf8))
        let groups = try #require(ControlGroups(root: root, process: 4711))
        #expect(try text("appliance/cgroup.procs") == "4711")
        #expect(try text("cgroup.subtree_control") == "+memory +cpu +pids")
        let limits = ControlGroups.Limits(memory: .mebibytes(512), processorPercent: 150)
        try groups.place(99, in: "press", limits)
        #expect(try text("press/memory.max") == "536870912")
        #expect(try text("press/cpu.max") == "150000 100000")
        #expect(try text("press/pids.max") == "1024")
        #expect(try text("press/cgroup.procs") == "99")
        groups.kill("press")
        #expect(try text("press/cgroup.kill") == "1")
    }

    @Test("Without a limit of the processor it may use all of it")
    func unlimited() throws {
        let groups = try #require(ControlGroups(root: "\(root)/appliance", process: 1))
        try groups.place(
            99, in: "press", ControlGroups.Limits(memory: .mebibytes(64), processorPercent: nil))
        #expect(try text("press/cpu.max") == "max 100000")
    }

    @Test("A group that holds somebody else's processes is left alone")
    func foreign() throws {
        try Files.replace("\(root)/cgroup.procs", with: Array("1\n4711\n".utf8))
        #expect(ControlGroups(root: root, process: 4711) == nil)
        #expect(try text("cgroup.subtree_control").isEmpty)
        #expect(ControlGroups(root: "/nonexistent", process: 4711) == nil)
    }

    @Test("A group that takes no limits is said so before the process runs")
    func refused() throws {
        try Files.replace("\(root)/cgroup.procs", with: Array("4711\n".utf8))
        let groups = try #require(ControlGroups(root: root, process: 4711))
        #expect(throws: SystemError.self) {
            try groups.place(
                1, in: "other",
                ControlGroups.Limits(memory: .mebibytes(64), processorPercent: nil))
        }
    }
}
