import Processes
import Testing

@Suite("Process memory") struct ProcessMemoryTests {
    /// As the kernel writes them: code, read-only data, data that was relocated and then sealed,
    /// data, a heap, a file that others share.
    private static let smaps = """
        55d000000000-55d000100000 r-xp 00001000 08:01 17 /usr/bin/lineside
        Size:               1024 kB
        Rss:                 512 kB
        Anonymous:             0 kB
        VmFlags: rd ex mr mw me
        55d000100000-55d000140000 r--p 00101000 08:01 17 /usr/bin/lineside
        Rss:                 256 kB
        Anonymous:             0 kB
        55d000140000-55d000150000 r--p 00141000 08:01 17 /usr/bin/lineside
        Rss:                  64 kB
        Anonymous:            60 kB
        55d000150000-55d000160000 rw-p 00151000 08:01 17 /usr/bin/lineside
        Rss:                  64 kB
        Anonymous:             0 kB
        55d000160000-55d000180000 rw-p 00000000 00:00 0 [heap]
        Anonymous:             0 kB
        7f0000000000-7f0000008000 r--s 00000000 08:01 18 /var/lib/lineside/registry.db-shm
        Anonymous:             0 kB
        7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0                    [vdso]
        Anonymous:             0 kB
        7ffd00000000-7ffd00001000 r--p 00000000 00:00 0
        Anonymous:             0 kB
        """

    @Test("Only what is still as its file says is given back")
    func droppable() {
        let found = ProcessMemory.droppable(Self.smaps)
        #expect(found.map(\.start) == [0x55d0_0000_0000, 0x55d0_0010_0000])
        #expect(found.map(\.length) == [0x10_0000, 0x4_0000])
    }

    @Test("A text that is cut off or nonsense gives nothing back")
    func nonsense() {
        #expect(ProcessMemory.droppable("").isEmpty)
        #expect(ProcessMemory.droppable("Anonymous: 0 kB").isEmpty)
        #expect(
            ProcessMemory.droppable(
                "1000-xyz r-xp 0 08:01 17 /usr/bin/lineside\nAnonymous: 0 kB"
            ).isEmpty)
        #expect(
            ProcessMemory.droppable(
                "2000-1000 r-xp 0 08:01 17 /usr/bin/lineside\nAnonymous: 0 kB"
            ).isEmpty)
        #expect(
            ProcessMemory.droppable("1000-2000 r-xp 0 08:01 17 /usr/bin/lineside").isEmpty)
    }

    @Test("The process goes on with what was given back")
    func goesOn() {
        let words = (0..<1_000).map { "word \($0)" }
        ProcessMemory.settle()
        ProcessMemory.settle()
        #expect(words.map { $0.split(separator: " ").count }.allSatisfy { $0 == 2 })
        #expect(ProcessMemory.processorTime > .zero)
    }
}
