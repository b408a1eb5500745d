package import Basics
import CLinux
import Glibc

package enum ProcessMemory {
    /// Nobody of the same user may look into this process any more, and no core is left of it.
    package static func hide() throws(SystemError) {
        let code = clinux_hide_memory()
        guard code == 0 else { throw SystemError("hide the memory of this process", code: -code) }
    }

    /// Few heaps, which give back what is freed. To be called before threads are started.
    package static func keepSmall() { clinux_keep_heap_small() }

    /// Processor time of all threads so far.
    package static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Gives back what a start or a piece of work has needed and waiting does not: free parts of the
    /// heap, and pages of program files that lie in memory only because something ran once. Those
    /// stay in the system's cache of files: whoever needs one again gets it without reading a disk.
    /// Takes milliseconds: not on an event loop.
    package static func settle() {
        clinux_trim_heap()
        guard let bytes = try? Files.read("/proc/self/smaps", limit: .mebibytes(4)) else { return }
        for (start, length) in droppable(String(decoding: bytes, as: UTF8.self)) {
            madvise(UnsafeMutableRawPointer(bitPattern: start), length, MADV_DONTNEED)
        }
    }

    /// The mappings of a `smaps` in which every page is still what the file says: never written to,
    /// by relocation at the start least of all. Only there nothing is lost.
    package static func droppable(_ smaps: String) -> [(start: UInt, length: Int)] {
        var found: [(start: UInt, length: Int)] = []
        var candidate: (start: UInt, length: Int)?
        for line in smaps.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard let first = words.first else { continue }
            if first == "Anonymous:" {
                if let candidate, words.count > 1, words[1] == "0" { found.append(candidate) }
                candidate = nil
            } else if first.last != ":" {
                candidate = nil
                let ends = first.split(separator: "-").compactMap { UInt($0, radix: 16) }
                guard words.count == 6, words[1] == "r-xp" || words[1] == "r--p",
                    words[5].drop(while: { $0 == " " }).first == "/", ends.count == 2,
                    ends[0] > 0, ends[1] > ends[0]
                else { continue }
                candidate = (ends[0], Int(ends[1] - ends[0]))
            }
        }
        return found
    }
}
