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

    /// Gives back what a start or a piece of work has needed and waiting does not: free parts of the
    /// heap, and code that lay in memory only because it ran once. It comes back from its file, page
    /// by page.
    package static func settle() {
        clinux_trim_heap()
        guard let bytes = try? Files.read("/proc/self/maps", limit: .mebibytes(2)) else { return }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 5)
            // Code is never written to: nothing is lost.
            guard parts.count == 6, parts[1] == "r-xp", parts[5].contains("/") else { continue }
            let ends = parts[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[1] > ends[0],
                let start = UnsafeMutableRawPointer(bitPattern: ends[0])
            else { continue }
            madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }
}
